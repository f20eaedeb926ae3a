"""The service against its own description: whatever the document allows, or forbids, is answered as it says."""

import jsonschema
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection

from mondrian_desktop.api import answers
from tests.api.live import Live

PATHS = {
    "/health", "/advisors", "/advisors/{advisor_id}", "/jobs", "/jobs/{job_id}", "/status/{job_id}", "/stream/{job_id}",
    "/analysis/{job_id}", "/summary/{job_id}", "/job/{job_id}/thinking", "/upload", "/submit", "/ask",
    "/jobs/{job_id}/try",
}  # fmt: skip


OPERATIONS = [
    *[("GET", path) for path in sorted(PATHS - {"/upload", "/submit", "/ask", "/jobs/{job_id}/try"})],
    ("POST", "/upload"), ("POST", "/submit"), ("POST", "/ask"), ("DELETE", "/jobs/{job_id}"),
    ("POST", "/jobs/{job_id}/try"),
]  # fmt: skip


@pytest.fixture(scope="module")
def document(running: Live):
    return schemathesis.openapi.from_url(f"{running.url}/openapi.json")


@pytest.fixture(scope="module")
def job_id(running: Live) -> str:
    """The id of a job that is there, and over."""
    job_id = running.upload(advisor="ansel").json()["job_id"]
    running.events(job_id)
    return job_id


def check(strategy, examples: int, then=lambda case: None, without=()) -> None:
    """Send what the strategy makes, and hold every answer against the document."""

    @settings(max_examples=examples, suppress_health_check=list(HealthCheck), database=None, derandomize=True)
    @given(strategy)
    def run(case):
        then(case)
        case.call_and_validate(timeout=20, excluded_checks=list(without))

    run()


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_the_service_is_as_it_describes_itself(document, method, path):
    check(document[path][method].as_strategy(), 15)


@pytest.mark.parametrize(("method", "path"), [("GET", "/jobs"), ("POST", "/submit"), ("POST", "/ask")])
def test_what_the_document_forbids_is_refused(document, method, path):
    check(document[path][method].as_strategy(generation_mode=GenerationMode.NEGATIVE), 25)


def test_a_form_beside_the_document_is_answered_in_its_terms(document):
    # In a form an object where there should be text is a text again: not every such form can be refused.
    forms = document["/upload"]["POST"].as_strategy(generation_mode=GenerationMode.NEGATIVE)
    check(forms, 25, without=[negative_data_rejection])


@pytest.mark.parametrize(("method", "path"), [each for each in OPERATIONS if "{job_id}" in each[1]])
def test_so_it_is_for_a_job_that_is_there(document, job_id, method, path):
    def choose(case):
        case.path_parameters["job_id"] = job_id

    check(document[path][method].as_strategy(), 3, choose)


def test_the_document_has_every_endpoint_with_examples(running):
    document = running.client.get("/openapi.json").json()
    assert set(document["paths"]) == PATHS
    schemas = document["components"]["schemas"]

    def examples(content):
        """Return the examples of what is sent or answered, wherever OpenAPI has them."""
        schema = content.get("schema", {})
        named = schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
        return content.get("examples") or content.get("example") or named.get("examples")

    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["description"], path
            assert {"4XX", "422", "503"} <= set(operation["responses"]), path
            contents = [response.get("content", {}) for response in operation["responses"].values()]
            sent = operation.get("requestBody", {}).get("content", {})
            assert (method == "post" and not path.endswith("/try")) == bool(sent)
            for content in (sent, *contents):
                for kind, each in content.items():
                    assert examples(each), (method, path, kind)


def test_the_examples_are_what_the_document_says(running):
    schemas = running.client.get("/openapi.json").json()["components"]["schemas"]
    for name, schema in schemas.items():
        for example in schema.get("examples", ()):
            jsonschema.validate(example, {**schema, "components": {"schemas": schemas}})
            assert hasattr(answers, name)
