"""verify and embed: what is printed of a video, and what is said when there is nothing to print."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from guard.core.items import Frame
from guard.gallery import Gallery
from guard.video import events
from tests.cli.conftest import CommandLine
from tests.core.fakes import whole_clip
from tests.films import film, still, tone
from tests.gallery.people import enrol_vector

pytestmark = pytest.mark.slow


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return film(tmp_path / "clip.mp4", 150)


@pytest.fixture
def ada(guard: CommandLine, clip: Path) -> str:
    guard.objects("enroll", "Ada", clip, "--consent-by", "Grace")
    return "Ada"


def test_verdicts_and_a_summary_at_the_end(guard: CommandLine, clip: Path, ada: str) -> None:
    *verdicts, last = guard.objects("verify", clip, "--claim", ada)
    assert [verdict["t"] for verdict in verdicts] == pytest.approx(np.arange(2, 150, 5) / 25)
    assert all(verdict.keys() == {"t", "score", "decision", "reason", "horizon"} for verdict in verdicts)
    assert verdicts[0] == {"t": 0.08, "score": None, "decision": "COLLECTING", "reason": "TOO_FEW_FRAMES", "horizon": 0}
    scores = [verdict["score"] for verdict in verdicts if verdict["reason"] is None]
    assert all(-1 <= score <= 1 for score in scores)
    assert verdicts[-1]["horizon"] == 16
    summary = last["summary"]
    assert (summary["claim"], summary["model_id"], summary["frames"], summary["cuts"]) == ("Ada", "test", 150, 0)
    assert (summary["seconds"], summary["windows_scored"]) == (149 / 25, len(scores))
    assert summary["mean_score"] == pytest.approx(np.mean(scores))
    assert summary["decision"] == verdicts[-1]["decision"] == "VERIFIED"
    assert summary["evidence"] > 4
    assert summary["unscored"] == {"TOO_FEW_FRAMES": len(verdicts) - len(scores)}


def test_impostor_is_a_result_and_no_failure(guard: CommandLine, clip: Path, gallery_path: Path, ada: str) -> None:
    template = Gallery(gallery_path).template(ada, "test")
    assert template is not None
    enrol_vector(gallery_path, "Bob", -template, "test")
    *_, last = guard.objects("verify", clip, "--claim", "Bob")
    assert last["summary"]["decision"] == "IMPOSTOR_SUSPECTED"
    assert last["summary"]["mean_score"] < -0.5


def test_the_policy_of_the_configuration_decides(
    guard: CommandLine, clip: Path, ada: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AVATAR_GUARD_POLICY__MISSED_IMPOSTOR_COST", "1e9")
    refused = guard.refusal("verify", clip, "--claim", ada)
    assert "policy.missed_impostor_cost: asks for an evidence of" in refused


def test_people_are_those_of_the_tenant(guard: CommandLine, clip: Path) -> None:
    guard.objects("enroll", "Ada", clip, "--consent-by", "Grace", "--tenant", "red")
    assert "the name is not enrolled" in guard.refusal("verify", clip, "--claim", "Ada")
    assert guard.objects("verify", clip, "--claim", "Ada", "--tenant", "red")[-1]["summary"]["decision"] == "VERIFIED"


def test_short_output_for_people(guard: CommandLine, clip: Path, ada: str) -> None:
    result = guard.run("verify", clip, "--claim", ada)
    assert result.exit_code == 0
    *changes, outcome = result.stdout.splitlines()
    assert [line.split()[2] for line in changes][-1] == "VERIFIED,"
    assert outcome.startswith("VERIFIED: 29 windows scored in 6.0 s, mean score ")


def test_video_that_cannot_be_scored_says_so_without_a_number(guard: CommandLine, tmp_path: Path, ada: str) -> None:
    frozen = film(tmp_path / "frozen.mkv", 40, painter=still, codec="ffv1")
    *verdicts, last = guard.objects("verify", frozen, "--claim", ada)
    assert {verdict["score"] for verdict in verdicts} == {None}
    assert {verdict["reason"] for verdict in verdicts} == {"TOO_FEW_FRAMES", "FROZEN"}
    assert (last["summary"]["mean_score"], last["summary"]["decision"]) == (None, "COLLECTING")
    assert "0 windows scored in 1.6 s, evidence +0.00" in guard.run("verify", frozen, "--claim", ada).stdout


def test_unknown_claim_is_refused_and_names_nobody(guard: CommandLine, clip: Path, ada: str) -> None:
    line = guard.refusal("verify", clip, "--claim", "Eve", "--json")
    assert "--claim: the name is not enrolled" in line
    assert ada not in line


def test_template_of_another_model_does_not_count(guard: CommandLine, clip: Path, gallery_path: Path) -> None:
    enrol_vector(gallery_path, "Ada", np.ones(256, np.float32), "another")
    line = guard.refusal("verify", clip, "--claim", "Ada")
    assert "not enrolled for this model, but for another; re-enrol the person" in line


@pytest.mark.parametrize("command", ["verify", "embed"])
@pytest.mark.parametrize("kind", ["missing", "empty", "text", "sound", "truncated"])
def test_files_that_are_no_videos(guard: CommandLine, tmp_path: Path, ada: str, command: str, kind: str) -> None:
    path = tmp_path / "bad.mp4"
    match kind:
        case "empty":
            path.touch()
        case "text":
            path.write_text("text " * 1000)
        case "sound":
            tone(path)
        case "truncated":
            path.write_bytes(film(tmp_path / "whole.mp4", 50).read_bytes()[:2000])
    claim = ["--claim", ada] if command == "verify" else []
    assert "bad.mp4" in guard.refusal(command, path, *claim, "--json")


def test_truncated_video_is_used_with_a_warning(guard: CommandLine, tmp_path: Path, ada: str) -> None:
    path = film(tmp_path / "a.mkv", 200)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    result = guard.run("verify", path, "--claim", ada, "--json")
    assert result.exit_code == 0
    assert result.stderr.startswith(f"guard: warning: {path}: the video ends")
    assert '"summary"' in result.stdout.splitlines()[-1]


@pytest.mark.parametrize("every", [1, 5, 20])
def test_embedding_of_every_full_window(guard: CommandLine, clip: Path, every: int) -> None:
    found = guard.objects("embed", clip, "--every", str(every))
    pictures = np.stack([event.pixels for event in events(clip, print) if isinstance(event, Frame)])
    ends = range(15, 150, every)
    assert [round(line["t"] * 25) for line in found] == list(ends)
    for line, end in zip(found, ends, strict=True):
        assert line.keys() == {"t", "embedding"}
        np.testing.assert_allclose(line["embedding"], whole_clip(pictures[end - 15 : end + 1]), atol=1e-6)


def test_embeddings_come_in_the_rhythm_of_verdicts_by_default(guard: CommandLine, clip: Path) -> None:
    assert guard.objects("embed", clip) == guard.objects("embed", clip, "--every", "5")


def test_windows_without_an_embedding_are_shown_to_people_only(guard: CommandLine, tmp_path: Path) -> None:
    slow = film(tmp_path / "a.mp4", 60, Fraction(12))
    lines = guard.run("embed", slow).stdout.splitlines()
    assert lines
    assert all("TOO_MUCH_FILLER" in line or "LOW_FRAME_RATE" in line for line in lines)
    assert lines[-1].endswith("LOW_FRAME_RATE")  # no motion is told where none was measured
    refused = guard.refusal("embed", slow, "--json")
    assert "no window can be embedded (" in refused
    assert "LOW_FRAME_RATE" in refused


def test_a_film_of_nobody_is_told_as_such(guard: CommandLine, tmp_path: Path) -> None:
    refused = guard.refusal("embed", film(tmp_path / "a.mp4", 40), "--json", "--framing", "auto")
    assert "no window can be embedded (NO_FACE" in refused


def test_video_shorter_than_a_window(guard: CommandLine, tmp_path: Path) -> None:
    line = guard.refusal("embed", film(tmp_path / "a.mp4", 15), "--json")
    assert line.endswith("a.mp4: no window can be embedded (a window takes 16 frames, 0.64 s, without a cut)")
    assert len(guard.objects("embed", film(tmp_path / "b.mp4", 16))) == 1
