"""The lists of packages: their form, and that nothing is guessed."""

from __future__ import annotations

import re
import sys

from hypothesis import given
from hypothesis import strategies as st

from skillctl_runtime.modules import (
    brought_by,
    distributions_of,
    every_module,
    node_program,
    node_range,
    normal,
    right_name,
)

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(\[[a-z]+\])?(<\d+)?")


def test_the_list_is_long_and_every_row_can_be_read() -> None:
    modules = list(every_module())
    assert len(modules) > 500
    for module in modules:
        assert all(word.isidentifier() for word in module.split("."))
        assert distributions_of(module)
        assert all(NAME.fullmatch(each) for each in distributions_of(module))


def test_no_module_of_python_itself_is_in_the_list() -> None:
    assert not {module.partition(".")[0] for module in every_module()} & sys.stdlib_module_names


def test_the_modules_whose_packages_have_other_names() -> None:
    wanted = {
        "cv2": "opencv-python",
        "yaml": "PyYAML",
        "PIL": "pillow",
        "sklearn": "scikit-learn",
        "fitz": "PyMuPDF",
        "docx": "python-docx",
        "skimage": "scikit-image",
        "pptx": "python-pptx",
        "attr": "attrs",
        "flask_cors": "Flask-Cors",
        "nacl": "PyNaCl",
        "faiss": "faiss-cpu",
        "corsheaders": "django-cors-headers",
        "multipart": "python-multipart",
        "MySQLdb": "mysqlclient",
        "jwt": "PyJWT",
        "dotenv": "python-dotenv",
        "bs4": "beautifulsoup4",
        "dateutil": "python-dateutil",
        "serial": "pyserial",
        "usb": "pyusb",
        "google.cloud.storage": "google-cloud-storage",
        "google.protobuf": "protobuf",
    }
    assert {module: distributions_of(module)[0] for module in wanted} == wanted


@given(st.from_regex(r"[a-z]{12,20}", fullmatch=True))
def test_a_name_that_no_list_has_is_never_guessed(name: str) -> None:
    if name not in every_module():
        assert distributions_of(name) == ()
        assert node_range(name) == ""
        assert right_name(name) == ""


def test_the_longest_dotted_name_counts() -> None:
    assert distributions_of("google.cloud.storage.blob")[0] == "google-cloud-storage"
    assert distributions_of("google.nothing") == ()
    assert distributions_of("yaml.anything")[0] == "PyYAML"


def test_what_comes_along_comes_at_any_depth() -> None:
    assert {"fastapi", "starlette", "anyio", "pydantic", "annotated-types"} <= brought_by("FastAPI>=0.100 ; x")
    assert "uvicorn" not in brought_by("fastapi")
    assert {"uvicorn", "click"} <= brought_by("fastapi[standard]~=0.115")
    assert brought_by("six") == {"six"}


def test_names_are_compared_as_the_index_does() -> None:
    assert normal("Flask_SQLAlchemy[async]>=3") == normal("flask-sqlalchemy") == "flask-sqlalchemy"
    assert normal("-e .") == ""


def test_programs_of_scripts_have_ranges() -> None:
    for program in ("vite", "tsc", "tsx", "nodemon", "next", "cross-env", "concurrently"):
        assert node_range(node_program(program))
