"""Whether a document gives each concept one name: what generators would have to make up a name for, and what stands in it twice.

A document is an OpenAPI document as parsed from JSON. Each function answers a list of texts, each one thing that is wrong; an empty
list means that all is well."""

import collections, json, re

# What every integration handles: of each, generated code has one type.
CONCEPTS = ["Payment", "Refund", "Customer", "PaymentMethod", "Invoice", "Currency", "Problem"]
# Words that documents and generators put around a concept's name when there is more than one type of it.
BEFORE = "Create|Read|List|Update|Capture|Cancel|Finalize|Pay|Search"
AFTER = r"Response|Answer|Body|Output|Result|Item|Data|Model|Enum|Dto|Type_?\d+"
# Words of a schema that say nothing about what is valid.
PROSE = {"description", "title", "examples", "example", "default", "deprecated", "readOnly", "writeOnly"}


def schemas(document):
    """The named schemas of a document, by name."""
    return document.get("components", {}).get("schemas", {})


def concepts(names):
    """Concepts that these names of types have never or more than once."""
    for concept in CONCEPTS:
        family = re.compile(rf"(?:{BEFORE})?{concept}(?:{AFTER})*_?\d*")
        # `CreatePayment` is what a payment is made from, and not another payment: the word before alone is an input's name.
        found = sorted(n for n in names if family.fullmatch(n) and not re.fullmatch(rf"(?:{BEFORE}){concept}", n))
        # A currency stands in many places, and after each of them a generator would name one.
        if concept == "Currency":
            found = sorted(n for n in names if re.fullmatch(rf"\w*Currency(?:{AFTER})*_?\d*", n))
        if found != [concept]:
            yield f"{concept}: {', '.join(found) or 'no type'}"


def invented(names, document):
    """Names of generated types that the document does not give."""
    plain = lambda name: re.sub(r"[\W_]", "", name).lower()
    given = {plain(name) for name in schemas(document)}
    return sorted(name for name in names if plain(name) not in given)


def inlined(document):
    """Where a record or a choice stands that has no name, as JSON pointers. A map, and a body in which nothing stands, needs none."""
    def walk(value, where, named):
        if isinstance(value, list):
            for number, item in enumerate(value):
                yield from walk(item, f"{where}/{number}", False)
        if not isinstance(value, dict):
            return
        if not named and (value.get("properties") or len(value.get("enum", [])) > 1):
            yield where
        for word, inner in value.items():
            # Below `properties` are names of fields, one of which may be called `properties`, too.
            if word == "properties" and isinstance(inner, dict):
                for field, schema in inner.items():
                    yield from walk(schema, f"{where}/{word}/{field}", False)
            elif word not in PROSE and not word.startswith("x-"):
                yield from walk(inner, f"{where}/{word}", False)

    for name, schema in schemas(document).items():
        yield from walk(schema, f"/components/schemas/{name}", True)
    for kind in ("responses", "parameters", "requestBodies", "headers"):
        yield from walk(document.get("components", {}).get(kind, {}), f"/components/{kind}", True)
    yield from walk(document["paths"], "/paths", True)


def twins(document):
    """Names of which the schemas say the same: the same fields of the same types about the same (people, or not), or the same values
    to choose from that are told alike. Two things can both be `allow` or `deny` and be two things: what is told of them says so."""
    def bare(value):
        if isinstance(value, dict):
            return {word: bare(inner) for word, inner in value.items()
                    if word == "x-data-class" or word not in PROSE and not word.startswith("x-")}
        return [bare(inner) for inner in value] if isinstance(value, list) else value

    same = collections.defaultdict(list)
    for name, schema in schemas(document).items():
        if len(schema.get("properties", {})) > 1 or len(schema.get("enum", [])) > 1:
            told = schema.get("description", "") if "enum" in schema else ""
            same[json.dumps([bare(schema), told], sort_keys=True)].append(name)
    return [", ".join(sorted(names)) for names in same.values() if len(names) > 1]
