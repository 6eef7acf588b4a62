-- bbworlds_nexus: players, where they are, and what happened: a reference schema for the NEXUS service, which brings its own.
--
-- Many small writes: every moving avatar updates its row in user_states several times a second. Every table has a primary
-- key, so logical replication can carry all of it. No embeddings belong here.

CREATE TABLE users (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    username text NOT NULL CHECK (length(username) BETWEEN 2 AND 40),
    email text CHECK (email LIKE '%_@_%'),
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended', 'closed')),
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE users IS 'Players, as NEXUS knows them.';
CREATE UNIQUE INDEX users_username ON users (lower(username));
CREATE UNIQUE INDEX users_email ON users (lower(email));

CREATE TABLE oauth_accounts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    provider text NOT NULL CHECK (provider <> ''),
    subject text NOT NULL CHECK (subject <> ''),
    linked_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (provider, subject)
);
COMMENT ON TABLE oauth_accounts IS 'Which login elsewhere is which player. Tokens stay with the login service.';
CREATE INDEX oauth_accounts_user ON oauth_accounts (user_id);

CREATE TABLE user_profiles (
    user_id bigint PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    display_name text NOT NULL CHECK (display_name <> ''),
    biography text NOT NULL DEFAULT '',
    avatar_url text,
    locale text NOT NULL DEFAULT 'en',
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE user_profiles IS 'What players say of themselves.';

CREATE TABLE maturity_settings (
    user_id bigint PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    highest_rating text NOT NULL DEFAULT 'general' CHECK (highest_rating IN ('general', 'moderate', 'adult')),
    age_verified_at timestamptz,
    updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK (highest_rating <> 'adult' OR age_verified_at IS NOT NULL)
);
COMMENT ON TABLE maturity_settings IS 'What a player wants to see; adult content needs a verified age.';

CREATE TABLE user_characters (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    name text NOT NULL CHECK (name <> ''),
    appearance jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(appearance) = 'object'),
    is_primary boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (user_id, name)
);
COMMENT ON TABLE user_characters IS 'The shapes that a player appears in.';
CREATE UNIQUE INDEX user_characters_one_primary ON user_characters (user_id) WHERE is_primary;

CREATE TABLE user_inventories (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    item text NOT NULL CHECK (item <> ''),
    quantity integer NOT NULL CHECK (quantity >= 0),
    attributes jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(attributes) = 'object'),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (user_id, item)
) WITH (fillfactor = 85);
COMMENT ON TABLE user_inventories IS 'What players carry.';

CREATE TABLE friendships (
    requester_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    addressee_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    status text NOT NULL DEFAULT 'asked' CHECK (status IN ('asked', 'accepted')),
    asked_at timestamptz NOT NULL DEFAULT now(),
    accepted_at timestamptz,
    PRIMARY KEY (requester_id, addressee_id),
    CHECK (requester_id <> addressee_id),
    CHECK ((status = 'accepted') = (accepted_at IS NOT NULL))
);
COMMENT ON TABLE friendships IS 'Who asked whom, and who said yes; one row for a pair, whoever asked.';
CREATE UNIQUE INDEX friendships_pair ON friendships (least(requester_id, addressee_id), greatest(requester_id, addressee_id));
CREATE INDEX friendships_addressee ON friendships (addressee_id);

CREATE TABLE blocks (
    blocker_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    blocked_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (blocker_id, blocked_id),
    CHECK (blocker_id <> blocked_id)
);
COMMENT ON TABLE blocks IS 'Who does not want to meet whom.';
CREATE INDEX blocks_blocked ON blocks (blocked_id);

CREATE TABLE instances (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    owner_id bigint REFERENCES users ON DELETE SET NULL,
    name text NOT NULL CHECK (name <> ''),
    world_ref text NOT NULL CHECK (world_ref <> ''),
    capacity integer NOT NULL DEFAULT 50 CHECK (capacity > 0),
    rating text NOT NULL DEFAULT 'general' CHECK (rating IN ('general', 'moderate', 'adult')),
    opened_at timestamptz NOT NULL DEFAULT now(),
    closed_at timestamptz,
    CHECK (closed_at >= opened_at)
);
COMMENT ON TABLE instances IS 'Running worlds; world_ref is how the world service names what is loaded.';
CREATE INDEX instances_owner ON instances (owner_id);
CREATE INDEX instances_open ON instances (world_ref) WHERE closed_at IS NULL;

-- One narrow row of fixed width for each player, updated in place. An update that touches no indexed column and finds
-- room on its page is heap-only: it writes no index and the page cleans itself. So pages are left half empty, position,
-- rotation and seen_at stand in no index (who is near is the service's knowledge), and vacuum comes early and often.
CREATE TABLE user_states (
    user_id bigint PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    instance_id bigint REFERENCES instances ON DELETE SET NULL,
    x double precision NOT NULL DEFAULT 0,
    y double precision NOT NULL DEFAULT 0,
    z double precision NOT NULL DEFAULT 0,
    rotation_x real NOT NULL DEFAULT 0,
    rotation_y real NOT NULL DEFAULT 0,
    rotation_z real NOT NULL DEFAULT 0,
    rotation_w real NOT NULL DEFAULT 1,
    sequence bigint NOT NULL DEFAULT 0 CHECK (sequence >= 0),
    seen_at timestamptz NOT NULL DEFAULT now()
) WITH (
    fillfactor = 50,
    autovacuum_vacuum_threshold = 500,
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_vacuum_cost_delay = 0
);
COMMENT ON TABLE user_states IS 'Where each player is now. The service drops updates whose sequence is not higher.';
-- Changes only when a player goes elsewhere, which is rare enough for an index.
CREATE INDEX user_states_instance ON user_states (instance_id);

CREATE TABLE instance_visitors (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    instance_id bigint NOT NULL REFERENCES instances ON DELETE CASCADE,
    user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    entered_at timestamptz NOT NULL DEFAULT now(),
    left_at timestamptz,
    CHECK (left_at >= entered_at)
);
COMMENT ON TABLE instance_visitors IS 'Visits; those without left_at go on.';
CREATE UNIQUE INDEX instance_visitors_present ON instance_visitors (user_id, instance_id) WHERE left_at IS NULL;
CREATE INDEX instance_visitors_instance ON instance_visitors (instance_id, entered_at);
CREATE INDEX instance_visitors_user ON instance_visitors (user_id, entered_at);

CREATE TABLE session_analytics (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id bigint REFERENCES users ON DELETE SET NULL,
    client text NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz,
    updates_sent bigint NOT NULL DEFAULT 0 CHECK (updates_sent >= 0),
    latency_ms_p50 real CHECK (latency_ms_p50 >= 0),
    latency_ms_p95 real CHECK (latency_ms_p95 >= latency_ms_p50),
    CHECK (ended_at >= started_at)
);
COMMENT ON TABLE session_analytics IS 'One row for each session of a client: how long, how much, how fast.';
CREATE INDEX session_analytics_user ON session_analytics (user_id);
CREATE INDEX session_analytics_started ON session_analytics USING brin (started_at);

-- Written once, never changed, and old months go as a whole (DETACH, archive). The key holds the time because the table is
-- cut by it. Users and instances may go; what happened stays, so these are no foreign keys.
CREATE TABLE events (
    id bigint GENERATED ALWAYS AS IDENTITY,
    occurred_at timestamptz NOT NULL DEFAULT now(),
    kind text NOT NULL CHECK (kind <> ''),
    user_id bigint,
    instance_id bigint,
    payload jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(payload) = 'object'),
    PRIMARY KEY (id, occurred_at)
) PARTITION BY RANGE (occurred_at);
COMMENT ON TABLE events IS 'The history of the game, by months; the rest of this database can be rebuilt from it.';
CREATE INDEX events_user ON events (user_id, occurred_at);
CREATE INDEX events_instance ON events (instance_id, occurred_at);
CREATE INDEX events_occurred ON events USING brin (occurred_at);

CREATE TABLE events_default PARTITION OF events DEFAULT;
COMMENT ON TABLE events_default IS 'Events of months that make_events_month was not called for.';

-- The service calls this ahead of each month. Called late, it moves what the default partition caught meanwhile.
-- SET timezone: a month begins at the same moment whoever calls.
CREATE FUNCTION make_events_month(day date) RETURNS text
LANGUAGE plpgsql SET timezone = 'UTC' AS $$
DECLARE
    first date := date_trunc('month', day);
    after date := first + interval '1 month';
    partition text := 'events_' || to_char(first, 'YYYY_MM');
BEGIN
    LOCK TABLE events IN SHARE ROW EXCLUSIVE MODE;
    IF to_regclass(quote_ident(partition)) IS NOT NULL THEN
        RETURN partition;
    END IF;
    EXECUTE format('CREATE TABLE %I (LIKE events INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', partition);
    EXECUTE format(
        'WITH moved AS (DELETE FROM events_default WHERE occurred_at >= %L AND occurred_at < %L RETURNING *)'
        ' INSERT INTO %I SELECT * FROM moved', first, after, partition);
    EXECUTE format('ALTER TABLE events ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', partition, first, after);
    RETURN partition;
END
$$;
COMMENT ON FUNCTION make_events_month(date) IS 'Make the partition of events for the month of this day, if it is missing; its name.';
