"""What a newcomer and a distributor rely on."""

import re
import subprocess
import tomllib
from importlib.metadata import distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [ROOT / name for name in listed.split("\0") if name]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_has_a_hash_for_every_package_and_names_no_host(lock: Path):
    packages = re.split(r"\n(?=\S)", lock.read_text().strip())

    assert packages
    for package in packages:
        assert re.match(r"[\w.\[\]-]+==[\w.]+", package), package.splitlines()[0]
        assert "--hash=sha256:" in package, package.splitlines()[0]
    assert "://" not in lock.read_text()


def test_the_console_s_lock_has_hashes_and_names_no_host():
    lock = (ROOT / "console" / "package-lock.json").read_text()

    assert '"integrity"' in lock
    assert '"resolved"' not in lock


def test_every_runtime_dependency_is_locked_and_explained():
    locked = (ROOT / "requirements" / "run.txt").read_text().lower()
    explained = (ROOT / "docs" / "dependencies.md").read_text()
    for dependency in PROJECT["dependencies"]:
        name = re.match(r"[\w-]+", dependency)
        assert name is not None
        assert f"| {name[0]} |" in explained
        assert re.search(rf"^{name[0].lower()}==", locked, re.MULTILINE), name[0]


def test_no_runtime_package_is_under_a_gpl():
    locked = re.findall(r"^([\w.-]+)==", (ROOT / "requirements" / "run.txt").read_text(), re.MULTILINE)
    installed = {re.sub(r"[-_.]+", "-", each.name).lower(): each.metadata for each in distributions()}
    for name in locked:
        metadata = installed.get(re.sub(r"[-_.]+", "-", name).lower())
        if metadata is None:  # for another platform
            continue
        named = [metadata.get("License-Expression") or "", *(metadata.get_all("Classifier") or [])]
        short = (metadata.get("License") or "")[:80]
        assert not re.search(r"GPL|General Public", " ".join([*named, short])), name


def test_the_readme_s_commands_are_there():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    assert set(re.findall(r"(?:^|`)make ([a-z]+)", (ROOT / "README.md").read_text(), re.MULTILINE)) <= targets
    assert "make test" in (ROOT / ".ci" / "run").read_text()


def test_the_readme_s_links_lead_somewhere():
    for link in re.findall(r"\]\(([^)#:]+)\)", (ROOT / "README.md").read_text()):
        assert (ROOT / link).exists(), link


def test_every_document_that_is_named_is_there():
    for file in tracked_files():
        if file.suffix in (".py", ".md", ".yml", ".ts", ".tsx"):
            for named in re.findall(r"(?<![\w/])docs/[\w/-]+\.(?:md|png)", file.read_text(encoding="utf-8")):
                assert (ROOT / named).exists(), f"{file.relative_to(ROOT)} names {named}"


def test_the_documents_links_lead_somewhere():
    for page in (ROOT / "docs").rglob("*.md"):
        for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), f"{page.relative_to(ROOT)} links to {link}"


def test_the_licence_is_named_by_spdx():
    assert PROJECT["license"] == "Apache-2.0"
    assert "Apache License" in (ROOT / "LICENSE").read_text()


def test_no_tracked_file_names_a_machine():
    # Spelt in two parts, so that this file does not find itself.
    foreign = re.compile("/" + r"(?:work|farm|root)/[a-z.]|" + "files." + "pythonhosted|registry." + "npmjs")
    for file in tracked_files():
        if file.suffix in (".py", ".ts", ".tsx", ".md", ".yml", ".toml", ".sh", ".json", ".txt", ".css", ".js", ".html"):
            assert not foreign.search(file.read_text(encoding="utf-8")), file.name
