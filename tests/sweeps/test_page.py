"""The page: one file, safe whatever the values are, alive in a browser."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Literal

import pytest
from browser import in_a_browser, shown
from made_sweeps import asked, begun, failed, finished, large, logged, record, small

from project.sweeps.page import as_html
from project.sweeps.sweep import read

EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&{{data}}"
CLOSE = ("mlp", "0.000119612"), ("vit", "0.00443"), ("mlp", "0.004456"), ("vit", "0.0139")


class Elements(HTMLParser):
    """The tags of a page, with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def evil(directory: Path) -> Path:
    """A sweep whose every text would like to be more than a text."""
    job = asked(0, f"x={EVIL}", monitor=EVIL)
    other = asked(1, "x=y", monitor=EVIL)
    record(job, other, swept=("x",)).write(directory)
    finished(directory, other, 0.5)
    home = finished(directory, job, 0.25, (), **{EVIL: 0.5})
    logged(home, {EVIL: [0.1, 0.2]})
    broken = asked(2, f"x={EVIL}")
    record(job, other, broken, swept=("x", EVIL)).write(directory)
    begun(directory, broken, "failed", EVIL, EVIL)
    return directory


def asks(page: str, script: str, tmp_path: Path, *more: str) -> Any:
    """What a browser, given more flags, answers to a script when it has loaded the page, with no word of errors."""
    told = "document.body.dataset.answer = JSON.stringify(answer);"
    watched = "const errors = []; addEventListener('error', (event) => errors.push(event.message));"
    page = page.replace("<script>", f"<script>{watched}</script><script>", 1)
    file = tmp_path / "asked.html"
    file.write_text(page.replace("</body>", f"<script>const answer = (() => {{ {script} }})(); {told}</script></body>"))
    done = shown(file.as_uri(), tmp_path, *more)
    assert [line for line in done.said.splitlines() if "CONSOLE" in line] == []
    answers = [attributes.get("data-answer") for tag, attributes in Elements(done.page).tags if tag == "body"]
    return json.loads(answers[0] or "null")


def test_the_page_takes_nothing_from_elsewhere(tmp_path: Path) -> None:
    page = as_html(read(large(tmp_path, epochs=3)))
    tags = Elements(page).tags
    policy = next(attributes["content"] for _, attributes in tags if "http-equiv" in attributes)
    assert (policy or "").startswith("default-src 'none'; img-src data:;"), "a browser lets it fetch nothing"
    assert [tag for tag, attributes in tags if "src" in attributes] == []
    assert [attributes["href"] for _, attributes in tags if "href" in attributes] == ["data:,"]


def test_no_value_becomes_a_part_of_the_page(tmp_path: Path) -> None:
    page = as_html(read(evil(tmp_path)))
    assert [tag for tag, _ in Elements(page).tags].count("script") == 2
    assert "img" not in [tag for tag, _ in Elements(page).tags]
    data = re.search(r'id="data">(.*?)</script>', page, re.DOTALL)
    assert data is not None
    assert json.loads(data[1])["jobs"][0]["monitor"] == EVIL


def test_no_secret_of_a_command_line_is_on_the_page(tmp_path: Path) -> None:
    finished(tmp_path, asked(0, "x=1", "logger.wandb.api_key=hunter2"), 0.5)
    finished(tmp_path, asked(1, "x=2", "logger.wandb.api_key=hunter3"), 0.4)
    assert "hunter" not in as_html(read(tmp_path))


def test_a_failure_is_told_with_its_traceback_folded(tmp_path: Path) -> None:
    page = as_html(read(small(tmp_path)))
    assert re.search(r"<details><summary>.*2</b>.*RuntimeError: mat1.*</summary><pre>Traceback", page)


def test_a_sweep_without_anything_to_draw_is_a_page_all_the_same(tmp_path: Path) -> None:
    record(asked(0, "x=1"), swept=("x",)).write(tmp_path)
    page = as_html(read(tmp_path))
    assert "not begun" in page
    assert "Importance</h2>" not in page


@in_a_browser
def test_the_table_is_sorted_and_filtered(tmp_path: Path) -> None:
    script = """
        const shown = () => [...document.querySelectorAll("#jobs tbody tr")].filter((row) => !row.hidden)
            .map((row) => row.dataset.job);
        const press = (name) => [...document.querySelectorAll("#jobs th button")]
            .find((button) => button.textContent === name).click();
        const answer = { first: shown() };
        press("val/accuracy");
        answer.worst = shown();
        press("val/accuracy");
        answer.best = shown();
        press("job");
        answer.job = shown();
        const filter = document.getElementById("filter");
        filter.value = "VIT 0.1";
        filter.dispatchEvent(new Event("input"));
        answer.filtered = shown();
        answer.number = document.getElementById("number").textContent;
        return answer;"""
    assert asks(as_html(read(small(tmp_path))), script, tmp_path) == {
        "first": ["3", "1", "0", "4", "5", "2"],
        "worst": ["0", "1", "3", "4", "5", "2"],
        "best": ["3", "1", "0", "4", "5", "2"],
        "job": ["0", "1", "2", "3", "4", "5"],
        "filtered": ["4", "5"],
        "number": "2 of 6",
    }


@in_a_browser
def test_the_charts_are_drawn_follow_the_filter_and_fetch_nothing(tmp_path: Path) -> None:
    script = """
        const lines = (id) => document.querySelectorAll(`#${id} svg path.job`).length;
        const choice = document.querySelector("#curves select");
        const answer = { curves: lines("curves"), parallel: lines("parallel"), metrics: [...choice.options].length };
        const filter = document.getElementById("filter");
        filter.value = "small_cnn 0.01";
        filter.dispatchEvent(new Event("input"));
        answer.left = lines("curves");
        answer.faded = document.querySelectorAll("#parallel svg path.out").length;
        filter.value = "";
        filter.dispatchEvent(new Event("input"));
        choice.value = "train/loss";
        document.querySelector("#curves input").click();
        answer.again = lines("curves");
        const drawn = [...document.querySelectorAll("svg path")];
        answer.broken = drawn.filter((path) => /NaN|Infinity/.test(path.outerHTML)).length;
        answer.fetched = performance.getEntriesByType("resource").length;
        answer.errors = errors;
        return answer;"""
    page = as_html(read(large(tmp_path, epochs=4)))
    assert asks(page, script, tmp_path) == {
        "curves": 64,
        "parallel": 72,
        "metrics": 2,
        "left": 6,
        "faded": 66,
        "again": 64,
        "broken": 0,
        "fetched": 0,
        "errors": [],
    }


@in_a_browser
@pytest.mark.parametrize("window", ["500,900", "1400,900"])
def test_what_the_charts_say_can_be_read_in_a_narrow_window_and_in_a_wide_one(window: str, tmp_path: Path) -> None:
    script = """
        const drawings = [...document.querySelectorAll("#parallel svg, #curves svg")];
        const width = (drawing) => drawing.getBoundingClientRect().width;
        const size = (drawing) => Math.round((100 * width(drawing)) / drawing.viewBox.baseVal.width);
        const boxes = [...document.querySelectorAll("#parallel svg text")].map((text) => text.getBoundingClientRect());
        const meet = (a, b) => a.left < b.right && b.left < a.right && a.top + 3 < b.bottom && b.top + 3 < a.bottom;
        const over = boxes.flatMap((box, at) => boxes.slice(at + 1).filter((other) => meet(box, other)));
        const [left] = drawings.map((drawing) => drawing.getBoundingClientRect().left);
        const scroll = document.documentElement.scrollWidth - innerWidth;
        return [drawings.map(size), over.length, boxes.filter((box) => box.left < left).length, scroll <= 0];"""
    jobs = [asked(n, f"model={name}", f"optimizer.lr={lr}") for n, (name, lr) in enumerate(CLOSE)]
    record(*jobs).write(tmp_path)
    for job in jobs:
        logged(finished(tmp_path, job, 0.5 + job.number / 1000), {"val/accuracy": [0.1, 0.2]})
    answer = asks(as_html(read(tmp_path)), script, tmp_path, f"--window-size={window}")
    assert answer == [[100, 100], 0, 0, True]


@in_a_browser
def test_each_objective_of_a_search_has_an_axis(tmp_path: Path) -> None:
    job, other = asked(0, "model=mlp", "optimizer.lr=0.1"), asked(1, "model=vit", "optimizer.lr=0.1")
    goals: dict[str, Literal["min", "max"]] = {"val/accuracy": "max", "test/loss": "min"}
    replace(record(job, other), objectives=goals).write(tmp_path)
    finished(tmp_path, job, 0.75, loss=0.5)
    failed(tmp_path, other)
    script = 'return [...document.querySelectorAll("#parallel .name")].map((name) => name.textContent);'
    names = ["model", "optimizer.lr", "val/accuracy", "test/loss"]
    assert asks(as_html(read(tmp_path)), script, tmp_path) == names


@in_a_browser
def test_to_drag_along_an_axis_keeps_the_jobs_that_cross_it_there(tmp_path: Path) -> None:
    script = """
        const handle = document.querySelectorAll("#parallel .handle")[0];
        handle.setPointerCapture = () => {};
        const box = document.querySelector("#parallel svg").getBoundingClientRect();
        const at = (share) => box.top + share * box.height;
        const send = (kind, y) => handle.dispatchEvent(new PointerEvent(kind, { clientY: y, bubbles: true }));
        const drag = (from, to) => { send("pointerdown", from); send("pointermove", to); send("pointerup", to); };
        const number = () => document.getElementById("number").textContent;
        drag(at(0.05), at(0.3));
        const answer = [number()];
        drag(at(0.5), at(0.5));
        return [...answer, number()];"""
    assert asks(as_html(read(large(tmp_path, epochs=2))), script, tmp_path) == ["24 of 72", "72 of 72"]


@in_a_browser
def test_no_value_is_executed_in_a_browser(tmp_path: Path) -> None:
    script = """
        document.querySelectorAll("#curves svg path.job, #parallel svg path.job").forEach((line) =>
            line.dispatchEvent(new PointerEvent("pointerover", { bubbles: true })));
        return { images: document.images.length, scripts: document.scripts.length, errors };"""
    assert asks(as_html(read(evil(tmp_path))), script, tmp_path) == {"images": 0, "scripts": 4, "errors": []}
