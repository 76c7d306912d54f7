"""The demo, from an empty folder to its summary: a real call on this machine, watched through the service's own API."""

import asyncio
import signal
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from random import SystemRandom
from urllib.parse import urlencode

from rich.console import Console

from guard.client import Event, GuardClient, Verdict
from guard.core.errors import GuardError
from guard.core.items import Decision
from guard.demo.cast import Actor, draw_cast
from guard.demo.screen import JsonScreen, LiveScreen, PlainScreen, Screen
from guard.demo.stage import GUARD, WORLD, Stage
from guard.demo.story import Story

CALL = "demo"
CONSENT = "the demo, of a simulated person"
SERVICE = "guard serve"
REFERENCE_SECONDS = 12
DEADLINE = 112.0
"""Seconds after which the demo ends, whatever it has seen."""
AVATAR_SECONDS = 150
"""Avatars leave by themselves should nobody be left to end them."""
KEPT, BROKEN, NO_SHOW = 0, 1, 2
"""Exit codes: the promise came true, it did not, the demo could not be set up."""


def run(seed: int | None = None, json: bool = False) -> int:
    """Play the demo and return its exit code; `seed` repeats a run, `json` prints one object a line."""
    if not (find_spec("cv2") and find_spec("scipy")):
        return fail("the avatars need two more packages: pip install 'avatar-guard[demo]'")
    seed = SystemRandom().randrange(10**6) if seed is None else seed
    try:
        with choose_screen(Console(highlight=False), seed, json) as screen:
            return asyncio.run(play(seed, screen))
    except (KeyboardInterrupt, asyncio.CancelledError):
        return fail("interrupted")
    except GuardError as error:
        return fail(str(error))


def choose_screen(console: Console, seed: int, json: bool) -> Screen:
    """A table where there is a terminal to redraw it on, lines elsewhere."""
    if json:
        return JsonScreen(console)
    return LiveScreen(console, seed) if console.is_terminal else PlainScreen(console)


def fail(problem: str) -> int:
    """Say in one line why there was no demo."""
    print(f"demo: {problem}", file=sys.stderr)
    return NO_SHOW


async def play(seed: int, screen: Screen) -> int:
    """Set up, watch, judge. Whatever happens, no process and no file is left behind."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + DEADLINE
    if (task := asyncio.current_task()) is not None:
        loop.add_signal_handler(signal.SIGTERM, task.cancel)
    story = Story(draw_cast(seed))
    with tempfile.TemporaryDirectory(prefix="avatar-guard-demo-") as folder:
        stage = Stage(Path(folder))
        try:
            await set_up(stage, story, screen, deadline)
            await watch(stage, story, screen, deadline)
        finally:
            await stage.close()
    return judge(seed, story, screen)


async def set_up(stage: Stage, story: Story, screen: Screen, deadline: float) -> None:
    """Start the service, enrol everybody from other clips than the call will show, let the avatars in."""
    cast = [part.actor for part in story.parts.values()]
    screen.note("start", f"Starting the service; filming {len(cast)} people for their templates ...")
    if stage.accusations is not None:
        allowed = f"{stage.accusations} false accusations in 100 hours"
        screen.note("policy", f"The call is short, so the guard may accuse sooner than by default: {allowed}.")
    try:
        async with asyncio.timeout_at(deadline):
            await stage.start(SERVICE, *GUARD, "serve")
            async with asyncio.TaskGroup() as tasks:
                for work in (stage.ready(SERVICE), *(enrol(stage, actor, screen) for actor in cast)):
                    tasks.create_task(work)
            for actor in cast:
                await stage.start(avatar_of(actor), *avatar_command(stage, actor))
    except ExceptionGroup as failures:  # the others were cancelled because of the first
        raise failures.exceptions[0] from None
    except TimeoutError:
        raise GuardError(f"this machine is too slow: the call had not begun after {DEADLINE:.0f} s") from None
    screen.note("call", "Both join over WebRTC. The guard has two names and two templates, no more.")


async def enrol(stage: Stage, actor: Actor, screen: Screen) -> None:
    """Film the reference clips of one person and enrol them."""
    clips = [stage.folder / f"{actor.name}-{number}.mp4" for number in range(len(actor.references))]
    for path, clip in zip(clips, actor.references, strict=True):
        seeds = ("--driver-seed", actor.driver, "--face-seed", clip.face, "--clip-seed", clip.take)
        film = ("--seconds", REFERENCE_SECONDS, "--size", 256, "--out", path)
        await stage.complete(f"render of {actor.name}", *WORLD, "render", *map(str, seeds + film))
    await stage.complete(f"enrolment of {actor.name}", *GUARD, "enroll", actor.name, *clips, "--consent-by", CONSENT)
    screen.note(
        "enrolled",
        f"{actor.name} is enrolled from {len(clips)} other clips of {REFERENCE_SECONDS} s of the same avatar.",
        name=actor.name,
        clips=len(clips),
    )


def avatar_of(actor: Actor) -> str:
    """What the avatar's process is called when it fails."""
    return f"avatar of {actor.name}"


def avatar_command(stage: Stage, actor: Actor) -> list[str]:
    """The process that publishes one avatar over WHIP."""
    query = urlencode({"claim": actor.name, "call": CALL, "participant": actor.name})
    url = f"http://127.0.0.1:{stage.http_port}/whip?{query}"
    seeds = ["--driver-seed", actor.driver, "--face-seed", actor.clip.face, "--clip-seed", actor.clip.take]
    swap = ["--swap-after", actor.swap_after, "--swap-driver-seed", actor.swap_driver] if actor.swap_after else []
    rest = ["--seconds", AVATAR_SECONDS, "--size", 320]
    return [*WORLD, "avatar", "--whip", url, *map(str, seeds + swap + rest)]


async def watch(stage: Stage, story: Story, screen: Screen, deadline: float) -> None:
    """Follow the verdicts until the outcome is settled, the time is up, or a process gives up."""
    names = [SERVICE, *(avatar_of(part.actor) for part in story.parts.values())]
    following = asyncio.create_task(follow(stage, story, screen))
    failing = asyncio.create_task(stage.ended(*names))
    try:
        async with asyncio.timeout_at(deadline):
            await asyncio.wait({following, failing}, return_when=asyncio.FIRST_COMPLETED)
        if failing.done():
            raise failing.result()
        following.result()
    except TimeoutError:
        screen.note("deadline", f"The demo's {DEADLINE:.0f} seconds are over.")
    finally:
        following.cancel()
        failing.cancel()


async def follow(stage: Stage, story: Story, screen: Screen) -> None:
    """Read the service's verdicts and tell what changes, until the outcome is settled."""
    async with GuardClient(f"127.0.0.1:{stage.grpc_port}") as client:
        async for update in client.watch(call=CALL):
            verdict = update.participant.verdict
            if update.event is Event.VERDICT and verdict is not None:
                tell(story, update.participant.participant, verdict, screen)
            if story.finished:
                return
    raise GuardError(f"{SERVICE} stopped telling verdicts")


def tell(story: Story, name: str, verdict: Verdict, screen: Screen) -> None:
    """Take in one verdict and show it, with a note when it changed the decision or the driver has just been swapped."""
    part = story.parts[name]
    swap, before = part.actor.swap_after, part.latest
    changed = part.see(verdict)
    if swap is not None and verdict.time >= swap and (before is None or before.time < swap):
        sentence = f"{swap:6.1f} s  Somebody else now drives the face of {name}. The guard is not told."
        screen.note("swap", sentence, participant=name, time=swap)
    if changed and verdict.decision is not Decision.COLLECTING:
        sentence = f"{verdict.time:6.1f} s  {name}: {verdict.decision}"
        screen.note("decision", sentence, participant=name, time=verdict.time, decision=verdict.decision)
    screen.verdict(story, name, verdict, changed)


def judge(seed: int, story: Story, screen: Screen) -> int:
    """Say whether the promise came true; return the exit code."""
    problems = story.problems()
    reported = story.reported
    delay = None if reported is None else round(reported - story.swap, 1)
    good = f"The swap was reported {delay} s after it happened; nobody else was accused."
    screen.note(
        "summary",
        "It did not come true: " + "; ".join(problems) + f" (seed {seed})." if problems else good,
        passed=not problems,
        seed=seed,
        swap_at=story.swap,
        reported_at=reported,
        delay=delay,
        problems=problems,
    )
    return BROKEN if problems else KEPT
