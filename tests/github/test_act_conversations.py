"""One message a job under a real runner: what `main` posts, `post` changes, by the receipts in the action's state."""

from __future__ import annotations

import pytest
from act import ACTION
from conversing import ONE, REFUSED, SENT_ANEW, TWO
from test_act_one_job import JOB


@pytest.mark.parametrize("refused", [False, True])
def test_the_job_s_end_changes_its_start(repository, services, refused):
    repository.policy(services.policy)
    env = "".join(f"          {name}: ${{{{ secrets.{name} }}}}\n" for name in services.secrets)
    repository.workflow(f"{JOB}      - uses: {ACTION}\n        env:\n{env}")
    if refused:
        services.refuse()
    run = repository.run(secrets=services.secrets)
    assert (run.code, run.annotations()) == (0, []), run.said()
    assert services.told() == services.each(TWO if refused else ONE)
    assert [words for words in REFUSED if (words in run.said("Post")) != refused] == []
    assert run.summary("Post").count("sent as a new message") == (len(SENT_ANEW) if refused else 0)
