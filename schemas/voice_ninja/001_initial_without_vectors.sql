-- voice_ninja for a server that does not offer the extension vector (Debian 12 has no package of it): 001_initial.sql with
-- embeddings as arrays of numbers. Searching reads every memory of one companion and one person, which is right for
-- thousands of them and too slow for millions. Take this file or the other, never both.

-- Cosine distance, as the operator <=> of pgvector has it; null where a vector has no length.
CREATE FUNCTION cosine_distance(a real[], b real[]) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (
    SELECT 1 - sum(x::double precision * y) / nullif(sqrt(sum(x::double precision * x)) * sqrt(sum(y::double precision * y)), 0)
    FROM ROWS FROM (unnest(a), unnest(b)) AS pairs (x, y)
);
COMMENT ON FUNCTION cosine_distance(real[], real[]) IS 'How far apart two embeddings are: 0 is the same direction.';

CREATE TABLE schema_metadata (
    version integer PRIMARY KEY CHECK (version > 0),
    description text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE schema_metadata IS 'Versions of this schema, as the service asks for them.';

CREATE TABLE avatar_agents (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (name <> ''),
    persona text NOT NULL,
    settings jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(settings) = 'object'),
    is_active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE avatar_agents IS 'The companions: who speaks.';

CREATE TABLE memory_tier_config (
    tier text PRIMARY KEY CHECK (tier IN ('hot', 'warm', 'cold')),
    max_age interval CHECK (max_age > interval '0'),
    max_memories bigint CHECK (max_memories > 0),
    compression text NOT NULL CHECK (compression IN ('none', 'pca', 'pq')),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE memory_tier_config IS 'When a memory grows cold, and how it is kept then; no limit where null.';

CREATE TABLE pca_models (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version integer NOT NULL UNIQUE CHECK (version > 0),
    input_dimensions integer NOT NULL CHECK (input_dimensions > 0),
    output_dimensions integer NOT NULL CHECK (output_dimensions > 0),
    mean bytea NOT NULL,
    components bytea NOT NULL,
    explained_variance real NOT NULL CHECK (explained_variance BETWEEN 0 AND 1),
    is_active boolean NOT NULL DEFAULT false,
    trained_at timestamptz NOT NULL DEFAULT now(),
    CHECK (output_dimensions <= input_dimensions)
);
COMMENT ON TABLE pca_models IS 'Trained principal component analyses; matrices are little-endian float32, row by row.';
CREATE UNIQUE INDEX pca_models_one_active ON pca_models (is_active) WHERE is_active;

CREATE TABLE pq_models (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version integer NOT NULL UNIQUE CHECK (version > 0),
    pca_model_id bigint REFERENCES pca_models,
    subspaces integer NOT NULL CHECK (subspaces > 0),
    centroids integer NOT NULL CHECK (centroids BETWEEN 2 AND 256),
    codebook bytea NOT NULL,
    is_active boolean NOT NULL DEFAULT false,
    trained_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE pq_models IS 'Trained product quantizers: a cold memory is one byte for each subspace.';
CREATE INDEX pq_models_pca_model ON pq_models (pca_model_id);
CREATE UNIQUE INDEX pq_models_one_active ON pq_models (is_active) WHERE is_active;

CREATE TABLE companion_memories (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    agent_id bigint NOT NULL REFERENCES avatar_agents,
    user_ref text NOT NULL CHECK (user_ref <> ''),
    speaker text NOT NULL CHECK (speaker IN ('user', 'agent', 'system')),
    content text NOT NULL,
    embedding real[] CHECK (array_length(embedding, 1) = 384 AND array_position(embedding, NULL) IS NULL),
    tier text NOT NULL DEFAULT 'hot' REFERENCES memory_tier_config,
    pq_model_id bigint REFERENCES pq_models,
    pq_code bytea,
    importance real NOT NULL DEFAULT 0.5 CHECK (importance BETWEEN 0 AND 1),
    occurred_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((pq_model_id IS NULL) = (pq_code IS NULL)),
    CHECK (tier = 'cold' OR embedding IS NOT NULL)
);
COMMENT ON TABLE companion_memories IS 'What was said, with its embedding. Cold memories may have a code instead of it.';
CREATE INDEX companion_memories_history ON companion_memories (agent_id, user_ref, occurred_at DESC);
CREATE INDEX companion_memories_tier ON companion_memories (tier, occurred_at);
CREATE INDEX companion_memories_pq_model ON companion_memories (pq_model_id) WHERE pq_model_id IS NOT NULL;

CREATE TABLE memory_access_patterns (
    memory_id bigint PRIMARY KEY REFERENCES companion_memories ON DELETE CASCADE,
    access_count bigint NOT NULL DEFAULT 0 CHECK (access_count >= 0),
    last_accessed_at timestamptz,
    strength real NOT NULL DEFAULT 1 CHECK (strength BETWEEN 0 AND 1)
) WITH (fillfactor = 80);
-- Each reading of a memory updates its row here. No index covers what changes and each page has room, so these updates
-- stay on their page; that is why the counters are not columns of the wide rows of companion_memories.
COMMENT ON TABLE memory_access_patterns IS 'How often and when a memory was recalled, for moving it between tiers.';

CREATE TABLE companion_relationships (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    agent_id bigint NOT NULL REFERENCES avatar_agents,
    user_ref text NOT NULL CHECK (user_ref <> ''),
    affinity real NOT NULL DEFAULT 0 CHECK (affinity BETWEEN -1 AND 1),
    trust real NOT NULL DEFAULT 0 CHECK (trust BETWEEN 0 AND 1),
    interactions bigint NOT NULL DEFAULT 0 CHECK (interactions >= 0),
    summary text,
    first_met_at timestamptz NOT NULL DEFAULT now(),
    last_met_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (agent_id, user_ref)
) WITH (fillfactor = 80);
COMMENT ON TABLE companion_relationships IS 'What stands between a companion and a person.';
CREATE INDEX companion_relationships_user ON companion_relationships (user_ref);

CREATE TABLE compression_analytics (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tier text NOT NULL REFERENCES memory_tier_config,
    pca_model_id bigint REFERENCES pca_models,
    pq_model_id bigint REFERENCES pq_models,
    memories bigint NOT NULL CHECK (memories >= 0),
    bytes_before bigint NOT NULL CHECK (bytes_before >= 0),
    bytes_after bigint NOT NULL CHECK (bytes_after >= 0),
    recall real CHECK (recall BETWEEN 0 AND 1),
    started_at timestamptz NOT NULL,
    finished_at timestamptz NOT NULL DEFAULT now(),
    CHECK (finished_at >= started_at)
);
COMMENT ON TABLE compression_analytics IS 'One row for each run of the compressor: what it saved and what it cost in recall.';
CREATE INDEX compression_analytics_tier ON compression_analytics (tier, finished_at DESC);
CREATE INDEX compression_analytics_pca_model ON compression_analytics (pca_model_id);
CREATE INDEX compression_analytics_pq_model ON compression_analytics (pq_model_id);

INSERT INTO memory_tier_config (tier, max_age, max_memories, compression) VALUES
    ('hot', interval '7 days', 10000, 'none'),
    ('warm', interval '90 days', 100000, 'pca'),
    ('cold', NULL, NULL, 'pq');

INSERT INTO schema_metadata (version, description) VALUES (1, 'nine tables, embeddings of 384 dimensions as arrays');
