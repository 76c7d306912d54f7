"""Commands about video files: judge one, or embed it."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from guard.cli.options import (
    BundleOption,
    ConfigOption,
    FramingOption,
    GalleryOption,
    JsonOption,
    TenantOption,
    VideoArgument,
    open_gallery,
    open_model,
    settings_of,
)
from guard.cli.output import emit, warn
from guard.core.errors import ClaimError, VideoError

if TYPE_CHECKING:
    from guard.core.items import Measurement, Verdict
    from guard.gallery import Gallery
    from guard.replay import Summary


def verify(
    video: VideoArgument,
    claim: Annotated[str, typer.Option(help="Name of the enrolled person who is said to move the face.")],
    tenant: TenantOption = "default",
    config: ConfigOption = None,
    gallery: GalleryOption = None,
    bundle: BundleOption = None,
    framing: FramingOption = None,
    json_: JsonOption = False,
) -> None:
    """Judge a video as if it were a participant of a call who claims to be someone, by the policy of --config."""
    from guard.core.verifier import Verifier
    from guard.policy import governed
    from guard.replay import Replay

    chosen = settings_of(config, gallery=gallery, bundle=bundle, framing=framing)
    people = open_gallery(chosen)
    model, engine = open_model(chosen.bundle)
    enrolled = people.enrolled(claim, model.model_id, tenant)
    if enrolled is None:
        raise ClaimError("--claim", *why_not(people, claim, model.model_id, tenant))
    verifier = Verifier(engine, governed(model, chosen.policy))
    replay = Replay(video, verifier, enrolled, warn, look=chosen.framing == "auto")
    for verdict in replay:
        if json_:
            emit(verdict_facts(verdict))
        elif verdict.decision_changed:
            print(f"{verdict.time:8.2f} s  {verdict.decision}, evidence {verdict.evidence:+.2f}")
    summary = replay.summary()
    if json_:
        emit({"summary": {"claim": claim, "model_id": model.model_id, **asdict(summary)}})
    else:
        print_summary(summary)


def why_not(people: "Gallery", name: str, model_id: str, tenant: str) -> tuple[str, str]:
    """Why a name cannot be claimed, and what to do."""
    from guard.core.errors import UnknownPersonError

    try:
        person = people.person(name, tenant)
    except UnknownPersonError:
        return "the name is not enrolled", "enrol it with `guard enroll`"
    if person.opted_out:
        return "the person has opted out", "verify nobody against their will"
    models = [template.model_id for template in person.templates]
    if model_id not in models:
        return f"the name is not enrolled for this model, but for {', '.join(models)}", "re-enrol the person"
    return "the person's consent has run out", "ask them again and give --consent-by to `guard enroll`"


def verdict_facts(verdict: "Verdict") -> dict[str, object]:
    """What is printed of a verdict."""
    return {
        "t": verdict.time,
        "score": verdict.score,
        "decision": verdict.decision,
        "reason": verdict.reason,
        "horizon": verdict.horizon,
    }


def print_summary(summary: "Summary") -> None:
    """The outcome in one sentence."""
    mean = "" if summary.mean_score is None else f", mean score {summary.mean_score:.2f}"
    scored = f"{summary.windows_scored} windows scored in {summary.seconds:.1f} s{mean}"
    print(f"{summary.decision}: {scored}, evidence {summary.evidence:+.2f}")


def embed(
    video: VideoArgument,
    every: Annotated[
        int | None, typer.Option(min=1, help="Frames between windows.", show_default="the model's rhythm")
    ] = None,
    config: ConfigOption = None,
    bundle: BundleOption = None,
    framing: FramingOption = None,
    json_: JsonOption = False,
) -> None:
    """Print the embedding of every full window of a video."""
    from guard.enrolment.clips import Clip
    from guard.enrolment.files import full_windows
    from guard.enrolment.quality import obstacles

    chosen = settings_of(config, bundle=bundle, framing=framing)
    model, engine = open_model(chosen.bundle)
    settings = model.settings()
    clip = Clip(str(video), str(video))
    stride = every or settings.verdict_stride
    for window in full_windows(video, engine, settings, stride, warn, look=chosen.framing == "auto"):
        clip.windows.append(window)
        print_window(window, json_)
    if not clip.usable:
        raise VideoError(clip.label, f"no window can be embedded ({obstacles([clip], max(settings.horizons))})")


def print_window(window: "Measurement", json_: bool) -> None:
    """One embedding, or for human eyes what is known of the window; JSON is for numbers only and skips the others."""
    if not json_:
        motion = "" if window.motion is None else f", motion {window.motion:.2f} gray levels"
        print(f"{window.time:8.2f} s  {window.reason or 'embedded'}{motion}")
    elif window.embedding is not None:
        emit({"t": window.time, "embedding": window.embedding.tolist()})
