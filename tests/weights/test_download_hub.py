"""What the hub refuses, redirects to and promises; to whom the token goes."""

import hashlib
import json
from pathlib import Path

import pytest

from mondrian_desktop.errors import UserError
from mondrian_desktop.weights import places
from mondrian_desktop.weights.catalog import CatalogEntry, from_repo
from mondrian_desktop.weights.events import Downloaded
from mondrian_desktop.weights.manifest import WeightFile
from tests.weights.hub_server import body, drop, status
from tests.weights.made import REPO, WEIGHTS, files_in


@pytest.mark.parametrize(
    ("fault", "what", "advice"),
    [
        (status(401, X_Error_Code="RepoNotFound"), "has no model org/name", "Check the name"),
        (status(401, X_Error_Code="GatedRepo"), "accept their terms", "Accept them at"),
        (status(403, X_Error_Code="GatedRepo"), "accept their terms", "access token"),
        (status(404, X_Error_Code="RepoNotFound"), "has no model org/name", "Check the name"),
        (status(404, X_Error_Code="RevisionNotFound"), "no longer has version", "another model"),
        (status(400), "refused", "later"),
        (body(b"<html>"), "could not be understood", "later"),
        (body(b"[" * 1_000_000), "could not be understood", "later"),
        (body(b'{"sha": "main", "siblings": []}'), "could not be understood", "later"),
        (status(302, Location="http://example.com/"), "not secure", "Nothing was fetched"),
        (status(302, Location="ftp://127.0.0.1/"), "not secure", "Nothing was fetched"),
        (status(302, Location="https://"), "not secure", "Nothing was fetched"),
        (status(302, Location="file:///etc/passwd"), "not secure", "Nothing was fetched"),
    ],
)
def test_what_the_hub_refuses_is_told_with_what_to_do(hub, entry, fetch, fault, what, advice):
    hub.faults["api"] = [fault]
    with pytest.raises(UserError, match=what) as caught:
        fetch(entry)
    assert advice in caught.value.advice
    assert not any(hub.served.values())
    assert not places.repo_folder(places.hub_cache(), REPO).exists()


def test_a_token_that_is_not_accepted_is_told_apart_from_none(hub, entry, fetch, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_wrong")
    hub.faults["api"] = [status(401)]
    with pytest.raises(UserError, match="did not accept the access token"):
        fetch(entry)


def test_the_token_goes_to_the_hub_and_to_nobody_else(hub, entry, fetch, monkeypatch, caplog):
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    cdn = hub.with_cdn()
    with caplog.at_level("DEBUG"):
        fetch(entry)
    assert {request.token for request in hub.requests} == {"hf_secret"}
    assert {request.token for request in cdn.requests} == {""}
    assert "hf_secret" not in caplog.text


def test_contents_come_from_where_the_hub_redirects_to_and_go_on_there(hub, repo, entry, fetch):
    cdn = hub.with_cdn()
    hub.faults[WEIGHTS] = [drop(500_000), status(403)]
    events = fetch(entry)
    assert cdn.ranges(WEIGHTS) == ["", "bytes=500000-", "bytes=500000-"]
    assert len(hub.ranges(WEIGHTS)) == 3, "a link that has expired is asked for again"
    assert hub.served[WEIGHTS] == len(repo.files[WEIGHTS])
    assert files_in(events[-1].folder)[WEIGHTS] == repo.files[WEIGHTS]


def test_a_model_that_was_renamed_is_followed(hub, repo, fetch):
    hub.repos["new/name"] = repo
    hub.faults["api"] = [status(307, Location=f"/api/models/new/name/revision/{repo.commit}?blobs=true")]
    hub.repos["org/name"] = repo
    assert isinstance(fetch(from_repo("org/name"))[-1], Downloaded)


def test_being_sent_around_in_circles_ends(hub, entry, fetch):
    hub.faults["api"] = [status(302, Location="/api/models/org/name/revision/main?blobs=true")] * 99
    with pytest.raises(UserError, match="circles"):
        fetch(entry)


def test_a_hub_without_https_is_refused(entry, fetch, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://mirror.example")
    with pytest.raises(UserError, match="not secure"):
        fetch(entry)


def test_a_hub_that_is_not_there_is_told(hub, entry, fetch, monkeypatch):
    address = hub.address
    hub.close()
    with pytest.raises(UserError, match="lost") as caught:
        fetch(entry)
    assert "network" in caught.value.advice
    assert address.removeprefix("http://") in caught.value.what


def pinned(repo, **changes):
    weights = WeightFile(WEIGHTS, len(repo.files[WEIGHTS]), hashlib.sha256(repo.files[WEIGHTS]).hexdigest())
    fields = {"revision": repo.commit, "files": (weights,), "repo": REPO} | changes
    return CatalogEntry("test", "Test model", Path(), **fields)


def test_a_pinned_version_is_fetched_and_leaves_the_main_branch_alone(hub, repo, fetch):
    folder = fetch(pinned(repo))[-1].folder
    assert folder.name == repo.commit
    assert not (places.repo_folder(places.hub_cache(), REPO) / "refs").exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"files": (WeightFile(WEIGHTS, 1_500_000, "0" * 64),)},
        {"files": (WeightFile(WEIGHTS, 1_500_001, ""),)},
        {"files": (WeightFile("other.safetensors", 1, "0" * 64),)},
    ],
)
def test_other_files_than_the_catalog_knows_are_refused(hub, repo, fetch, changes):
    with pytest.raises(UserError, match="offers another"):
        fetch(pinned(repo, **changes))
    assert not hub.served


def test_another_version_than_the_one_asked_for_is_refused(hub, repo, fetch):
    hub.faults["api"] = [body(json.dumps(repo.describe()).encode())]
    with pytest.raises(UserError, match="another version"):
        fetch(pinned(repo, revision="d" * 40))
