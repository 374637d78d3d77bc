"""A document that gives a concept two names, or none, does not pass."""

import pathlib, sys, unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import names

GOOD = set(names.CONCEPTS) | {"CreatePayment", "PaymentStatus", "PaymentPage", "PaymentMethodPage", "InvoiceLine", "CustomerPage"}
REF = {"$ref": "#/components/schemas/Payment"}


def document(schemas, answer):
    return {"components": {"schemas": schemas},
            "paths": {"/payments": {"get": {"responses": {"200": {"content": {"application/json": {"schema": answer}}}}}}}}


class Names(unittest.TestCase):
    def test_one_type_of_each_concept_is_right(self):
        self.assertEqual([], list(names.concepts(GOOD)))

    def test_a_second_type_of_a_concept_is_found(self):
        for more in ["CreatePaymentResponse201", "ReadPaymentResponse200", "PaymentAnswer", "Payment2", "PaymentResponse",
                     "ListPaymentsResponse200Currency", "PaymentCurrency", "CurrencyType1", "ProblemType0", "ReadInvoiceAnswer"]:
            self.assertEqual(1, len(list(names.concepts(GOOD | {more}))), more)

    def test_a_concept_without_a_type_is_found(self):
        self.assertEqual(["Payment: no type"], list(names.concepts(GOOD - {"Payment"})))

    def test_names_that_the_document_does_not_give_are_found(self):
        given = document({"Payment": {}, "OAuthError": {}}, REF)
        self.assertEqual([], names.invented(["Payment", "OAuthError"], given))
        self.assertEqual(["CreatePaymentBody", "Payment1"], names.invented(["Payment", "CreatePaymentBody", "Payment1"], given))

    def test_records_and_choices_without_a_name_are_found_wherever_they_stand(self):
        record, choice = {"properties": {"a": {"type": "string"}}}, {"type": "string", "enum": ["a", "b"]}
        self.assertEqual([], list(names.inlined(document({"Payment": record, "Status": choice}, REF))))
        self.assertEqual([], list(names.inlined(document({}, {"type": "object", "properties": {}, "additionalProperties": {"type": "string"}}))))
        for wrong in [record, choice]:
            self.assertEqual(1, len(list(names.inlined(document({}, wrong)))))
            for around in [{"type": "array", "items": wrong}, {"anyOf": [wrong, {"type": "null"}]}, {"properties": {"a": wrong}},
                           {"properties": {"properties": wrong}}, {"additionalProperties": wrong}]:
                self.assertEqual(1, len(list(names.inlined(document({"Payment": around}, REF)))), around)

    def test_what_examples_say_is_no_schema(self):
        named = {"type": "object", "example": {"properties": {}}, "x-more": {"enum": ["a", "b"]}}
        self.assertEqual([], list(names.inlined(document({"Payment": named}, REF))))

    def test_two_names_of_the_same_are_found(self):
        fields = lambda said: {"properties": {"a": {"type": "string", "description": said}, "b": {"type": "integer"}}}
        self.assertEqual(["A, B"], names.twins(document({"A": fields("one"), "B": fields("other")}, REF)))
        self.assertEqual(["A, B"], names.twins(document({"A": {"enum": ["x", "y"]}, "B": {"enum": ["x", "y"]}}, REF)))
        self.assertEqual([], names.twins(document({"A": fields("one"), "B": {"enum": ["x", "y"]}}, REF)))
        apart = {"A": {"enum": ["x", "y"], "description": "Of the one."}, "B": {"enum": ["x", "y"], "description": "Of the other."}}
        self.assertEqual([], names.twins(document(apart, REF)))


if __name__ == "__main__":
    unittest.main()
