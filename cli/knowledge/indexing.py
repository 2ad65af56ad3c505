"""`parley knowledge index`: index a folder once, or whenever a document changes."""

import asyncio
import time
from dataclasses import dataclass, replace
from pathlib import Path

import asyncpg
import httpx2
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from cli.knowledge.database import NoDatabase, open_database
from cli.knowledge.render import print_report, print_result, report_as_json
from parley.knowledge.embeddings import EmbeddingFailed, EmbeddingModel
from parley.knowledge.indexing import CannotIndex, FileResult, IndexJob, IndexReport, index_folder
from parley.knowledge.sources.folder import walk_signature
from parley.knowledge.store import KnowledgeBase, list_bases
from parley.knowledge.vectors import VectorsUnavailable, embed_passages, remove_embeddings

_WATCH_INTERVAL_S = 1.0


@dataclass(frozen=True, slots=True)
class IndexOptions:
    """How the run is shown, and whether it is repeated."""

    home: Path
    as_json: bool = False
    watch: bool = False
    embedding: EmbeddingModel | None = None
    """The embedding model for hybrid search; None for the one that the knowledge base has."""
    full_text_only: bool = False
    """Whether existing embeddings are removed."""


async def run_index(job: IndexJob, options: IndexOptions, console: Console) -> int:
    """Index a folder; return 0, or 1 if something failed."""
    # Before the first run: a document that changes meanwhile is indexed again.
    before = (
        await asyncio.to_thread(walk_signature, job.folder, job.limits.max_bytes) if options.watch else ""
    )
    code = await _index_once(job, options, console)
    if not options.watch:
        return code
    console.print("waiting for changes; Ctrl-C ends this", style="dim")
    while True:
        await asyncio.sleep(_WATCH_INTERVAL_S)
        now = await asyncio.to_thread(walk_signature, job.folder, job.limits.max_bytes)
        if now != before:
            before = now
            await _index_once(job, options, console)


async def _index_once(job: IndexJob, options: IndexOptions, console: Console) -> int:
    started_s = time.monotonic()
    try:
        async with open_database(options.home) as connection:
            report = await _with_progress(connection, job, options, console)
            base = next(base for base in await list_bases(connection) if base.name == job.name)
    except (NoDatabase, CannotIndex, EmbeddingFailed, VectorsUnavailable) as error:
        Console(stderr=True).print(str(error), style="red", markup=False, soft_wrap=True)
        return 1
    _print(job.name, report, base, time.monotonic() - started_s, options, console)
    return 1 if report.count("failed") else 0


async def _with_progress(
    connection: asyncpg.Connection, job: IndexJob, options: IndexOptions, console: Console
) -> IndexReport:
    hidden = options.as_json or not console.is_terminal
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True, disable=hidden) as progress:
        task = progress.add_task(job.name, total=None)

        def show(result: FileResult, total: int) -> None:
            if not options.as_json:
                print_result(result, progress.console)
            progress.update(task, advance=0 if result.status == "removed" else 1, total=total)

        async def embed() -> None:
            await _embed(connection, job.name, options, progress)

        return await index_folder(connection, job, show, embed)


async def _embed(
    connection: asyncpg.Connection, name: str, options: IndexOptions, progress: Progress
) -> None:
    """Bring the embeddings up to date, if the knowledge base has or gets an embedding model."""
    if options.full_text_only:
        await remove_embeddings(connection, name)
        return
    base = next(base for base in await list_bases(connection) if base.name == name)
    model = options.embedding
    if base.embedding_model and (model is None or not model.model):
        given = model or EmbeddingModel("")
        model = replace(given, model=base.embedding_model, dimensions=base.embedding_dimensions)
    if model is None or not model.model:
        return
    task = progress.add_task("embeddings", total=None)
    async with httpx2.AsyncClient() as client:
        await embed_passages(
            connection,
            client,
            name,
            model,
            lambda done, total: progress.update(task, completed=done, total=total),
        )


def _print(
    name: str,
    report: IndexReport,
    base: KnowledgeBase,
    took_s: float,
    options: IndexOptions,
    console: Console,
) -> None:
    if options.as_json:
        print(report_as_json(report, base, took_s), flush=True)
    else:
        print_report(name, report, base, took_s, console)
