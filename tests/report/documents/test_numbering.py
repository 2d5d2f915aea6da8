"""AP-07: the numbers of the sections are the statute's, compared with lists written down from it by hand."""

import copy

import pytest

from .data import PACK, every, outline, sections, titled


def letters(last, first="a"):
    return [chr(code) for code in range(ord(first), ord(last) + 1)]


STATUTE = {
    "technical_documentation": ["1", *(f"1({x})" for x in letters("h")), "2", *(f"2({x})" for x in letters("h")),
                                "3", "4", "5", "6", "7", "8", "9"],
    "human_oversight": ["14(1)-(3)", "14(4)", *(f"14(4)({x})" for x in letters("e")), "14(5)",
                        "26", "26(1)", "26(2)", "26(4)", "26(9)", "26(10)"],
    "quality_management": ["17(1)", *(f"17(1)({x})" for x in letters("m")), "17(2)", "18(1)"],
    "instructions_for_use": ["13(1)", "13(2)", "13(3)", "13(3)(a)", "13(3)(b)",
                             *(f"13(3)(b)({x})" for x in ("i", "ii", "iii", "iv", "v", "vi", "vii")),
                             *(f"13(3)({x})" for x in "cdef")],
    "fria": ["27(1)", *(f"27(1)({x})" for x in letters("f")), "27(2)", "27(3)", "27(4)"],
    "incident_record": [*(f"73({n})" for n in range(1, 7)), "20(1)", "20(2)", "26(5)"],
    "declaration_of_conformity": ["47(1)", *map(str, range(1, 9))],
    "registration_data": ["49(1)", "49(2)", "49(3)", "26(8)", "A", *(f"A {n}" for n in range(1, 14)),
                          "B", *(f"B {n}" for n in (1, 2, 3, 4, 5, 6, 8)), "C", *(f"C {n}" for n in range(1, 6))],
    "audit_trail": ["12(1)", "12(2)", *(f"12(2)({x})" for x in "abc"), "12(3)", *(f"12(3)({x})" for x in "abcd"),
                    "19(1)", "26(6)", "21(2)"],
    "transparency_record": ["50(1)", "50(2)", "50(3)", "50(4)", "50(5)", "26(7)", "26(11)", "86(1)"],
    "post_market_monitoring_plan": ["72(1)", "72(3)"],
}  # fmt: skip
ANNEX_XII = ["1", *(f"1({x})" for x in letters("h")), "2", *(f"2({x})" for x in letters("c"))]
ANNEX_XI = ["1", *(f"1({x})" for x in letters("f")), *(f"2({x})" for x in letters("e")), "2", "1", "2", "3"]


def numbers(parts):
    return [part["number"] for _, part in sections(parts) if "number" in part]


@pytest.mark.parametrize("name", STATUTE)
def test_ap_07_sections_have_the_numbers_of_the_statute(name):
    assert numbers(outline(name)["sections"]) == STATUTE[name]


@pytest.mark.parametrize(
    ("title", "points"),
    [
        ("Information from the model provider", ANNEX_XII),
        ("Technical documentation of the model", ANNEX_XI),
    ],
)
def test_ap_07_annexes_of_models_have_the_numbers_of_the_statute(title, points):
    assert numbers(titled("gpai_supplier_file", title)["sections"]) == points


def test_ap_07_a_missing_or_exchanged_point_is_found():
    one = copy.deepcopy(outline("technical_documentation"))
    [second] = [part for part in one["sections"] if part.get("number") == "2"]
    second["sections"][0], second["sections"][1] = second["sections"][1], second["sections"][0]
    assert numbers(one["sections"]) != STATUTE["technical_documentation"]
    del second["sections"][0]
    assert len(numbers(one["sections"])) == len(STATUTE["technical_documentation"]) - 1


def test_ap_07_annex_iv_point_3_has_its_four_topics():
    third = next(part for part in every("technical_documentation") if part.get("number") == "3")
    assert [part["requirements"] for part in third["sections"]] == [[f"annex-iv.3.{n}"] for n in range(1, 5)]
    assert all("number" not in part for part in third["sections"]), "they have no letters in the statute"


def test_ap_07_a_numbered_section_cites_its_point():
    """`1(a)` of the technical documentation stands in its citation, and so on."""
    for name in STATUTE:
        for part in every(name):
            if "number" in part and name != "registration_data":
                assert part["number"].split("-")[0] in part["citation"], (name, part["number"])


def test_ap_07_the_number_agrees_with_the_requirement():
    ids = {one.id: one for one in PACK.requirements}
    for part in every("technical_documentation"):
        for id_ in part.get("requirements", ()) if "number" in part else ():
            assert ids[id_].citation == f"Annex IV point {part['number']}"
