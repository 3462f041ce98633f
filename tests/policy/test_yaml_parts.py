"""What a start loads of PyYAML, and that everybody else still gets all of it."""

from __future__ import annotations

import subprocess
import sys

import pytest

START = """
import sys
from tocsin.policy.nodes import compose
root, _ = compose("a: [1, 'é']  # of these, one is no number")
"""
OTHERS = {
    "nothing else is loaded": "assert not {'yaml.reader', 'yaml.constructor', 'yaml.emitter', 'yaml.cyaml'} & set(sys.modules)",
    "a function": "import yaml; assert yaml.safe_load('a: [1]') == {'a': [1]} and yaml.__version__",
    "from it": "from yaml import safe_dump, MappingNode; assert safe_dump({'a': 1}) == 'a: 1\\n' and isinstance(root, MappingNode)",
    "all of it": "from yaml import *; assert isinstance(root, MappingNode) and safe_load('1') == 1",
    "one of its modules": "from yaml.reader import ReaderError; import yaml; yaml.safe_load; assert yaml.reader.ReaderError is ReaderError",
    "by libyaml": "from yaml.cyaml import CSafeLoader; import yaml; assert yaml.CSafeLoader is CSafeLoader and yaml.load('1', CSafeLoader) == 1",
    "what it has not": "import yaml; assert not hasattr(yaml, 'no_such_name') and not hasattr(yaml, 'no_such_name')",
    "two at once": """
from threading import Barrier, Thread
import yaml
read, gate = [], Barrier(4)
def run():
    gate.wait()
    read.append(yaml.safe_load('[1]'))
threads = [Thread(target=run) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert read == [[1]] * 4""",
}


@pytest.mark.parametrize("words", OTHERS.values(), ids=OTHERS)
def test_whoever_asks_for_more_gets_it(words: str):
    subprocess.run([sys.executable, "-c", START + words], check=True)
