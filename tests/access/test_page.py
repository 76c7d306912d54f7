"""The live page in a real browser, where the service asks who is looking."""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service as Driver

from guard.access.caller import Role
from tests.access.issuer import Issuer
from tests.service_fakes import serving

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs a browser: apt-get install chromium chromium-driver"),
]


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Chrome]:
    options = ChromeOptions()
    options.binary_location = CHROMIUM or ""
    for flag in (*FLAGS, f"--user-data-dir={tmp_path / 'profile'}"):
        options.add_argument(flag)
    driver = Chrome(options, Driver(DRIVER))
    yield driver
    driver.quit()


async def test_a_token_is_pasted_once_and_stays_out_of_the_address(browser: Chrome, tmp_path: Path) -> None:
    issuer = Issuer()
    async with serving(access={"jwt_keys": issuer.publish(tmp_path / "keys.json")}) as guard:

        async def run(script: str, *arguments: str) -> object:
            return await asyncio.to_thread(browser.execute_script, script, *arguments)

        async def says(text: str) -> None:
            async with asyncio.timeout(30):
                while await run("return document.getElementById('state').textContent") != text:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)

        paste = """const [token] = arguments, form = document.getElementById("ask");
            document.getElementById("token").value = token;
            form.requestSubmit();"""
        await asyncio.to_thread(browser.get, guard.addresses.http)
        await says("Waiting for a token")
        await run(paste, issuer.token(Role.ENROLLER))
        await says("The token's roles do not include viewer")
        token = issuer.token(Role.VIEWER)
        await run(paste, token)
        await says("Live")
        assert await run("return document.getElementById('ask').hidden")
        assert await run("return document.getElementById('model').textContent") == "Model fake"
        await asyncio.to_thread(browser.refresh)
        await says("Live")
        assert token not in str(await run("return location.href + document.cookie + JSON.stringify(localStorage)"))
