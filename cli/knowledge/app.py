"""The commands of `parley knowledge`."""

import asyncio
import os
import re
import time
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Annotated

import httpx2
import typer
from rich.console import Console

from cli.knowledge import render
from cli.knowledge.database import NoDatabase, open_database
from cli.knowledge.indexing import IndexOptions, run_index
from cli.settings import home_folder
from parley.knowledge.embeddings import EmbeddingFailed, EmbeddingModel, embed_query
from parley.knowledge.hybrid import search_hybrid
from parley.knowledge.indexing import CannotIndex, IndexJob, check_name
from parley.knowledge.sources.reader_process import DEFAULT_TIMEOUT_S, ReadLimits
from parley.knowledge.store import list_bases, remove_base

app = typer.Typer(help="Index folders of documents for agents, and search them.", no_args_is_help=True)

Home = Annotated[Path | None, typer.Option(help="Folder of the running system (PARLEY_HOME).")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
EmbeddingUrl = Annotated[
    str,
    typer.Option(
        help="Server of the embedding model, with /v1; by default OpenAI.", envvar="OPENAI_BASE_URL"
    ),
]
EmbeddingKeyEnv = Annotated[str, typer.Option(help="Environment variable with the key of that server.")]
Name = Annotated[str, typer.Argument(help="Name of the knowledge base.")]


def _fail(error: object) -> typer.Exit:
    Console(stderr=True).print(str(error), style="red", markup=False, soft_wrap=True)
    return typer.Exit(1)


@app.command()
def index(
    folder: Annotated[Path, typer.Argument(help="Folder of Markdown, text, PDF and HTML files.")],
    name: Annotated[str, typer.Option(help="Name of the knowledge base, as agent files use it.")],
    language: Annotated[
        str, typer.Option(help="Language of all documents, such as de; by default that of each is detected.")
    ] = "",
    watch: Annotated[bool, typer.Option("--watch", help="Index again when a document changes.")] = False,
    max_file_mb: Annotated[int, typer.Option(min=1, max=1000, help="Larger files are refused.")] = 20,
    timeout: Annotated[
        float, typer.Option(min=1, max=3600, help="Time limit for reading one file, in seconds.")
    ] = DEFAULT_TIMEOUT_S,
    embedding_model: Annotated[
        str,
        typer.Option(
            help="Embedding model for hybrid search, such as text-embedding-3-small; `none` removes it."
        ),
    ] = "",
    embedding_dimensions: Annotated[
        int, typer.Option(min=0, max=4000, help="Length of the vectors; 0 for the model's own.")
    ] = 0,
    embedding_url: EmbeddingUrl = "",
    embedding_key_env: EmbeddingKeyEnv = "OPENAI_API_KEY",
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Bring a knowledge base up to date with a folder.

    Only changed documents are read, and those without a file are removed. A file that cannot be read is
    reported, and its earlier version stays. Exit code 1: something failed.
    """
    try:
        check_name(name)
    except CannotIndex as error:
        raise typer.BadParameter(str(error), param_hint="--name") from None
    if language and not re.fullmatch(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*", language):
        raise typer.BadParameter("use a language code, such as en, de or pt-BR", param_hint="--language")
    limits = ReadLimits(timeout_s=timeout, max_bytes=max_file_mb * 1_000_000)
    full_text_only = embedding_model == "none"
    embedding = EmbeddingModel(
        "" if full_text_only else embedding_model,
        embedding_dimensions,
        embedding_url,
        os.environ.get(embedding_key_env, ""),
    )
    options = IndexOptions(home_folder(home), as_json, watch, embedding, full_text_only)
    try:
        code = asyncio.run(run_index(IndexJob(folder, name, language, limits), options, Console()))
    except KeyboardInterrupt:
        code = 130
    raise typer.Exit(code)


@app.command("list")
def list_all(as_json: AsJson = False, home: Home = None) -> None:
    """List the knowledge bases."""

    async def run() -> None:
        async with open_database(home_folder(home)) as connection:
            bases = await list_bases(connection)
        print(render.bases_as_json(bases)) if as_json else render.print_bases(bases, Console())

    try:
        asyncio.run(run())
    except NoDatabase as error:
        raise _fail(error) from None


@app.command()
def search(
    name: Name,
    words: Annotated[str, typer.Argument(help="Question or words to search for.")],
    top_k: Annotated[int, typer.Option(min=1, max=50, help="Number of passages.")] = 3,
    embedding_url: EmbeddingUrl = "",
    embedding_key_env: EmbeddingKeyEnv = "OPENAI_API_KEY",
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Show the passages that an agent would get for a question. Exit code 1: none was found."""

    async def run() -> int:
        async with open_database(home_folder(home)) as connection:
            bases = {base.name: base for base in await list_bases(connection)}
            if name not in bases:
                raise NoDatabase(
                    f"there is no knowledge base {name!r}; there are: {', '.join(bases) or 'none'}"
                )
            base, key = bases[name], os.environ.get(embedding_key_env, "")
            model = EmbeddingModel(base.embedding_model, base.embedding_dimensions, embedding_url, key)
            started_s = time.monotonic()
            async with httpx2.AsyncClient() as client:
                vector = embed_query(client, model, words) if model.model else _no_vector()
                found, _ = await search_hybrid(
                    partial(nullcontext, connection), [name], words, vector, model.model, top_k
                )
            took_ms = (time.monotonic() - started_s) * 1000
        if as_json:
            print(render.found_as_json(found, took_ms))
        else:
            render.print_found(found, took_ms, Console())
        return 0 if found else 1

    try:
        code = asyncio.run(run())
    except (NoDatabase, EmbeddingFailed) as error:
        raise _fail(error) from None
    raise typer.Exit(code)


async def _no_vector() -> None:
    """No embedding, for a knowledge base without an embedding model."""


@app.command()
def remove(name: Name, home: Home = None) -> None:
    """Remove a knowledge base with all its documents; the files stay."""

    async def run() -> bool:
        async with open_database(home_folder(home)) as connection:
            return await remove_base(connection, name)

    try:
        if not asyncio.run(run()):
            raise _fail(f"there is no knowledge base {name!r}")
    except NoDatabase as error:
        raise _fail(error) from None
    print(f"removed {name}")
