-- Documents of a folder, divided into passages that are found by full text search.

CREATE TABLE knowledge_bases (
    name text PRIMARY KEY,
    embedding_model text NOT NULL DEFAULT '',
    embedding_dimensions integer NOT NULL DEFAULT 0,
    terms_counted boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN knowledge_bases.embedding_model IS 'empty: full text only';
COMMENT ON COLUMN knowledge_bases.terms_counted IS 'false after a change, until knowledge_terms is up to date';

CREATE TABLE knowledge_documents (
    base text NOT NULL REFERENCES knowledge_bases ON DELETE CASCADE,
    path text NOT NULL,
    title text NOT NULL,
    language text NOT NULL,
    configuration text NOT NULL,
    content_hash text NOT NULL,
    index_version text NOT NULL,
    size bigint NOT NULL,
    pages integer NOT NULL,
    passages integer NOT NULL,
    indexed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (base, path)
);
COMMENT ON COLUMN knowledge_documents.path IS 'path of the file below the folder';
COMMENT ON COLUMN knowledge_documents.configuration IS 'text search configuration of the language';
COMMENT ON COLUMN knowledge_documents.index_version IS 'a document is indexed again when this changes';

CREATE TABLE knowledge_passages (
    base text NOT NULL,
    path text NOT NULL,
    passage_id text NOT NULL,
    n integer NOT NULL,
    titles text[] NOT NULL,
    page integer NOT NULL,
    text text NOT NULL,
    configuration text NOT NULL,
    search tsvector NOT NULL,
    PRIMARY KEY (base, passage_id),
    FOREIGN KEY (base, path) REFERENCES knowledge_documents ON DELETE CASCADE
);
CREATE INDEX knowledge_passages_search ON knowledge_passages USING gin (search) WITH (fastupdate = off);
CREATE INDEX knowledge_passages_document ON knowledge_passages (base, path);
COMMENT ON COLUMN knowledge_passages.n IS 'position in the document, from 1';
COMMENT ON COLUMN knowledge_passages.page IS '0: the document has no pages';
COMMENT ON COLUMN knowledge_passages.search IS 'weights: A section title, B titles above it, D text';

CREATE TABLE knowledge_terms (
    base text NOT NULL REFERENCES knowledge_bases ON DELETE CASCADE,
    configuration text NOT NULL,
    term text COLLATE "C" NOT NULL,
    passages integer NOT NULL,
    PRIMARY KEY (base, configuration, term)
);
COMMENT ON TABLE knowledge_terms IS 'in how many passages each term occurs: rare terms count more in a search';
