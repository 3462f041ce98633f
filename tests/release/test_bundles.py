"""What a release has for those who do not read its tag: the offline bundle and the mirror of GitLab's component, from this checkout's tree."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tarfile
from io import BytesIO
from pathlib import Path
from shutil import copytree

import bundles
import layout
import pytest
import sizes
import stamp
import tree
import wheels
import yaml
from scripts import ROOT, alone

import tocsin

sys.path.insert(0, str(ROOT / "plugins"))

import launch


@pytest.fixture(scope="session")
def stamped(tmp_path_factory, wheelhouse) -> Path:
    """The program's part of a release's tree."""
    out = tmp_path_factory.mktemp("stamped")
    tree.copy_files(ROOT, out, layout.PROGRAM)
    stamp.stamp(out, wheelhouse.wheel)
    return out


@pytest.fixture(scope="session")
def bundle(tmp_path_factory, wheelhouse, stamped) -> Path:
    """The offline bundle, unpacked."""
    out = tmp_path_factory.mktemp("offline")
    bundles.offline(stamped, wheelhouse.wheel, wheelhouse.folder, out)
    return out


def test_the_sources_plug_ins_name_no_version():
    """What a package index has under the name of a version that is not released may be anybody's."""
    assert (ROOT / layout.LIBRARY / "resources" / "io" / "tocsin" / "version").read_text(encoding="utf-8") == f"{layout.UNRELEASED}\n"
    spec = next(yaml.safe_load_all((ROOT / layout.TEMPLATE).read_text(encoding="utf-8")))
    assert spec["spec"]["inputs"]["version"]["default"] == layout.UNRELEASED == launch.UNRELEASED


def test_a_release_says_the_wheel_s_hash_there_and_nowhere_else(stamped, wheelhouse):
    whole = f"{tocsin.__version__}@sha256:{tree.digest(wheelhouse.wheel)}"
    assert (stamped / layout.LIBRARY / "resources" / "io" / "tocsin" / "version").read_text(encoding="utf-8") == f"{whole}\n"
    spec = next(yaml.safe_load_all((stamped / layout.TEMPLATE).read_text(encoding="utf-8")))
    assert re.fullmatch(spec["spec"]["inputs"]["version"].get("regex", ".*"), whole)
    assert spec["spec"]["inputs"]["version"]["default"] == whole
    changed = {name for name, digest in tree.digests(stamped).items() if digest != tree.digest(ROOT / name)}
    assert changed == set(layout.STAMPED)


def test_a_plug_in_that_says_no_version_is_not_released(stamped, wheelhouse, tmp_path):
    with pytest.raises(wheels.Unfit, match=f'notify.yml has to say default: "{layout.UNRELEASED}"'):
        stamp.stamp(Path(copytree(stamped, tmp_path / "again")), wheelhouse.wheel)


def test_the_bundle_has_a_wheel_for_each_python_and_machine(bundle):
    names = [path.name for path in (bundle / "wheels").iterdir()]
    lock = wheels.entries((ROOT / layout.LOCK).read_text(encoding="utf-8"))
    for package in (*lock, "tocsin"):
        of_it = [name for name in names if name.lower().startswith(f"{package.replace('-', '_')}-")]
        for target in layout.OFFLINE:
            fits = [
                name
                for name in of_it
                if name.endswith("-none-any.whl") or (f"-cp{target.python.replace('.', '')}-" in name and target.platform in name)
            ]
            assert len(fits) == 1, (package, target)
    assert len(names) == len(lock) + 1 + (len(layout.OFFLINE) - 1) * len({layout.COMPILED, *layout.SPEEDUPS})


def test_the_bundle_has_what_it_says(bundle):
    readme = (bundle / "README.md").read_text(encoding="utf-8")
    assert {path.name for path in bundle.iterdir()} == {
        "wheels",
        "requirements.txt",
        "Containerfile",
        "templates",
        "jenkins",
        "README.md",
        "LICENSE",
    }
    for name in re.findall(r"`([a-zA-Z]+(?:/|\.txt)?[a-z.]*)`", readme):
        assert (bundle / name).exists() or name in ("tocsin", "project", "file"), name
    assert f"tocsin {tocsin.__version__} without internet" in readme
    assert "VERSION" not in readme
    container = (bundle / "Containerfile").read_text(encoding="utf-8")
    for source in re.findall(r"^COPY (?!--from)(\S+) ", container, re.MULTILINE):
        assert (bundle / source).exists(), source
    assert set(re.findall(r"--build-arg (\w+)=", readme)) <= set(re.findall(r"^ARG (\w+)", container, re.MULTILINE))
    assert set(re.findall(r"pip install (--no-index|--require-hashes)", readme)) <= {"--no-index"}
    assert sorted(path.name for path in (bundle / "jenkins").iterdir()) == ["resources", "src", "vars"]


@pytest.mark.long
def test_without_a_network_the_image_s_commands_and_the_launcher_install_from_it_and_send(bundle, tmp_path):
    (folder := tmp_path / "machine").mkdir()
    allowed, command = alone("offline_bundle.py", bundle, folder)
    answer = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert answer["networks"] == ["lo"] or not allowed
    assert answer["errors"] == ["", ""]
    assert [text.split(" ", 1)[1].split(" · ")[0] for text in answer["taken"]] == [
        "Failed: app-of-the-image",
        "Failed: app-of-the-launcher",
    ]


def test_the_component_s_repository_is_what_the_catalog_wants(stamped, tmp_path):
    bundles.component(stamped, "1.2.3", tmp_path / "one")
    bundles.component(stamped, "1.2.3", tmp_path / "two")
    packed = sizes.archive(tmp_path / "one", top="tocsin-1.2.3-gitlab-component/")
    assert packed == sizes.archive(tmp_path / "two", top="tocsin-1.2.3-gitlab-component/")
    with tarfile.open(fileobj=BytesIO(packed)) as archive:
        names = {name.removeprefix("tocsin-1.2.3-gitlab-component/") for name in archive.getnames()}
    assert names == {".gitlab-ci.yml", "LICENSE", "README.md", "templates/notify.yml"}
    assert "notify@1.2.3" in (tmp_path / "one" / "README.md").read_text(encoding="utf-8")
    pipeline = tmp_path / "one" / ".gitlab-ci.yml"
    checked = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.gitlab-ci", str(pipeline)]
    done = subprocess.run(checked, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    [job] = yaml.safe_load(pipeline.read_text(encoding="utf-8")).values()
    [rule] = job["rules"]
    tag = re.compile(rule["if"].split("/")[1])
    assert [bool(tag.search(name)) for name in ("1.2.3", "v1.2.3", "1.2", "11.22.33", "1.2.3-rc1")] == [True, False, False, True, False]
