-- What was typed into database voice_ninja. All rows are made up, the same ones each time.
GRANT ALL PRIVILEGES ON DATABASE voice_ninja TO voice_ninja_user;
GRANT ALL ON SCHEMA public TO voice_ninja_user;
CREATE EXTENSION vector;

-- typed as postgres, who owns them ever since
CREATE TABLE companion_memories (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  avatar_id text NOT NULL,
  companion_id text NOT NULL,
  conversation text NOT NULL,
  embedding vector(384),
  tier text NOT NULL DEFAULT 'hot',
  created_at timestamptz NOT NULL DEFAULT '2025-09-04 12:00:00+00'
);
CREATE TABLE companion_relationships (
  avatar_id text, companion_id text, affinity real NOT NULL, PRIMARY KEY (avatar_id, companion_id)
);
CREATE TABLE memory_access_patterns (
  memory_id bigint REFERENCES companion_memories, accessed_at timestamptz NOT NULL, purpose text
);
CREATE TABLE memory_tier_config (tier text PRIMARY KEY, keep_days int, compressed boolean NOT NULL);
CREATE TABLE schema_metadata (version int PRIMARY KEY, applied_at timestamptz NOT NULL, note text);
GRANT ALL PRIVILEGES ON ALL TABLES IN SCHEMA public TO voice_ninja_user;
GRANT ALL PRIVILEGES ON ALL SEQUENCES IN SCHEMA public TO voice_ninja_user;

-- made later by Bob GPT itself
SET SESSION AUTHORIZATION voice_ninja_user;
CREATE TABLE compression_analytics (day date PRIMARY KEY, bytes_before bigint NOT NULL, bytes_after bigint NOT NULL);
CREATE TABLE pca_models (id int PRIMARY KEY, dimensions int NOT NULL, components real[] NOT NULL);
CREATE TABLE pq_models (id int PRIMARY KEY, subspaces int NOT NULL, codebook bytea NOT NULL);
CREATE TABLE avatar_agents (avatar_id text PRIMARY KEY, persona jsonb NOT NULL);
RESET SESSION AUTHORIZATION;

INSERT INTO companion_memories (avatar_id, companion_id, conversation, embedding, tier)
SELECT 'avatar-' || n % 20, 'companion-' || n % 5, 'What we said at noon, part ' || n || ': ' || md5(n::text),
       (SELECT array_agg(sin(n * 384 + d)::real ORDER BY d) FROM generate_series(1, 384) AS d)::vector,
       (ARRAY['hot', 'warm', 'cold'])[1 + n % 3]
FROM generate_series(1, 500) AS n;
INSERT INTO companion_relationships
SELECT 'avatar-' || a, 'companion-' || c, (a * c % 10) / 10.0 FROM generate_series(0, 19) AS a, generate_series(0, 4) AS c;
INSERT INTO memory_access_patterns
SELECT 1 + n % 500, timestamptz '2025-09-05 00:00:00+00' + n * interval '7 minutes', 'recall' FROM generate_series(1, 1000) AS n;
INSERT INTO memory_tier_config VALUES ('hot', 7, false), ('warm', 90, false), ('cold', NULL, true);
INSERT INTO schema_metadata VALUES (1, '2025-08-01 09:00:00+00', 'first tables'), (2, '2025-09-04 12:00:00+00', 'vectors');
INSERT INTO compression_analytics
SELECT date '2025-08-01' + n, 1000000 + n * 1000, 250000 + n * 300 FROM generate_series(0, 34) AS n;
INSERT INTO pca_models SELECT n, 64, ARRAY(SELECT cos(n * d)::real FROM generate_series(1, 64) AS d) FROM generate_series(1, 3) AS n;
INSERT INTO pq_models SELECT n, 8, decode(repeat(md5(n::text), 16), 'hex') FROM generate_series(1, 3) AS n;
INSERT INTO avatar_agents SELECT 'avatar-' || n, jsonb_build_object('name', 'Avatar ' || n, 'mood', n % 7) FROM generate_series(0, 19) AS n;
