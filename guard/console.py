"""What people and machines that run the service look at: a live page, its data, metrics and health."""

from collections.abc import Callable
from importlib.resources import files

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.aiohttp import make_aiohttp_handler

from guard.access.caller import current
from guard.calls import Calls
from guard.core.items import Verdict
from guard.updates import Participant

PAGE = {"index.html": "text/html", "console.css": "text/css", "console.js": "text/javascript"}
POLICY = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class Console:
    """`model_id` is shown on the page.

    `trouble` says why the service is not ready to take streams, None when it is; `flaw` what does not work meanwhile.
    """

    def __init__(
        self,
        calls: Calls,
        registry: CollectorRegistry,
        model_id: Callable[[], str],
        trouble: Callable[[], str | None],
        flaw: Callable[[], str | None],
    ) -> None:
        self._calls = calls
        self._registry = registry
        self._model_id = model_id
        self._trouble = trouble
        self._flaw = flaw
        self._page = {name: (files("guard") / "page" / name).read_text() for name in PAGE}

    def routes(self) -> list[web.RouteDef]:
        """What to add to the HTTP application."""
        return [
            web.get("/", self._file),
            web.get("/page/{name}", self._file),
            web.get("/v1/participants", self._participants),
            web.get("/metrics", make_aiohttp_handler(self._registry)),
            web.get("/healthz", self._healthz),
            web.get("/readyz", self._readyz),
        ]

    async def _file(self, request: web.Request) -> web.Response:
        name = request.match_info.get("name", "index.html")
        if name not in PAGE:
            raise web.HTTPNotFound(text="there is no such file\n")
        return web.Response(text=self._page[name], content_type=PAGE[name], headers=POLICY)

    async def _participants(self, request: web.Request) -> web.Response:
        present = self._calls.participants(request.query.get("call", ""), current.get().tenant)
        rows = [row(participant) for participant in present]
        return web.json_response({"model_id": self._model_id(), "participants": rows}, headers=POLICY)

    async def _healthz(self, request: web.Request) -> web.Response:
        """The process answers; whether it should be sent streams is said by /readyz."""
        return web.Response(text="ok\n")

    async def _readyz(self, request: web.Request) -> web.Response:
        """503 sends streams elsewhere; a flaw alone does not, for the others may share it and those that run go on."""
        trouble, flaw = self._trouble(), self._flaw()
        state = trouble or (f"ready, but {flaw}" if flaw else "ready")
        return web.Response(text=f"{state}\n", status=503 if trouble else 200)


def row(participant: Participant) -> dict[str, object]:
    """One participant as the page reads it."""
    return {
        "call": participant.call,
        "participant": participant.participant,
        "claim": participant.claim,
        "transport": participant.transport,
        "link": participant.link,
        "opened_at": participant.opened_at.isoformat(timespec="seconds"),
        "verdict": shown(participant.verdict) if participant.verdict else None,
    }


def shown(verdict: Verdict) -> dict[str, object]:
    """What the page shows of a verdict."""
    return {
        "time": round(verdict.time, 2),
        "score": verdict.score,
        "evidence": verdict.evidence,
        "change": verdict.change,
        "withheld": verdict.withheld,
        "decision": verdict.decision,
        "reason": verdict.reason,
        "horizon": verdict.horizon,
        "cuts": verdict.cuts,
    }
