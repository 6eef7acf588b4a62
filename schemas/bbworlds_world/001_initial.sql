-- bbworlds_world: assets, and the worlds that are built of them. The files themselves are served by a CDN.
--
-- Nothing is ever deleted: a row with deleted_at is gone for the service, and may come back. The service's login holds no
-- DELETE, and the triggers at the end stop the owner too. What must be unique is so among the living only.
--
-- People are known here by their id of the login service (`owner_ref`, `grantee_ref`): no other database is asked.

CREATE TABLE assets (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    owner_ref text NOT NULL CHECK (owner_ref <> ''),
    name text NOT NULL CHECK (name <> ''),
    kind text NOT NULL CHECK (kind IN ('model', 'texture', 'audio', 'animation')),
    media_type text NOT NULL CHECK (media_type LIKE '%_/_%'),
    storage_key text NOT NULL UNIQUE,
    size_bytes bigint NOT NULL CHECK (size_bytes > 0),
    sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
    scan_status text NOT NULL DEFAULT 'pending' CHECK (scan_status IN ('pending', 'clean', 'rejected')),
    scanned_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    CHECK ((scan_status = 'pending') = (scanned_at IS NULL)),
    CHECK (deleted_at >= created_at)
);
COMMENT ON TABLE assets IS 'GLB models, textures, sounds: where the file lies, and what the scan of the upload said.';
CREATE UNIQUE INDEX assets_live_name ON assets (owner_ref, name) WHERE deleted_at IS NULL;
CREATE INDEX assets_live_kind ON assets (kind, created_at DESC) WHERE deleted_at IS NULL AND scan_status = 'clean';
CREATE INDEX assets_to_scan ON assets (created_at) WHERE scan_status = 'pending';
CREATE INDEX assets_same_file ON assets (sha256);

CREATE TABLE asset_metadata (
    asset_id bigint PRIMARY KEY REFERENCES assets,
    title text NOT NULL DEFAULT '',
    tags text[] NOT NULL DEFAULT '{}',
    triangles integer CHECK (triangles >= 0),
    attributes jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(attributes) = 'object'),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz
);
COMMENT ON TABLE asset_metadata IS 'What an asset is called and made of, for search.';
CREATE INDEX asset_metadata_live_tags ON asset_metadata USING gin (tags) WHERE deleted_at IS NULL;
CREATE INDEX asset_metadata_live_attributes ON asset_metadata USING gin (attributes jsonb_path_ops) WHERE deleted_at IS NULL;

CREATE TABLE asset_permissions (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    asset_id bigint NOT NULL REFERENCES assets,
    grantee_ref text NOT NULL CHECK (grantee_ref <> ''),
    permission text NOT NULL CHECK (permission IN ('view', 'use', 'edit')),
    granted_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    CHECK (deleted_at >= granted_at)
);
COMMENT ON TABLE asset_permissions IS 'Who may do what with an asset; taken back is deleted_at, so the history stays.';
CREATE UNIQUE INDEX asset_permissions_live ON asset_permissions (asset_id, grantee_ref, permission) WHERE deleted_at IS NULL;
CREATE INDEX asset_permissions_asset ON asset_permissions (asset_id);
CREATE INDEX asset_permissions_live_grantee ON asset_permissions (grantee_ref) WHERE deleted_at IS NULL;

CREATE TABLE world_templates (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL CHECK (name <> ''),
    description text NOT NULL DEFAULT '',
    preview_asset_id bigint REFERENCES assets,
    definition jsonb NOT NULL CHECK (jsonb_typeof(definition) = 'object'),
    published_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    CHECK (deleted_at >= created_at)
);
COMMENT ON TABLE world_templates IS 'Worlds to start from.';
CREATE UNIQUE INDEX world_templates_live_name ON world_templates (name) WHERE deleted_at IS NULL;
CREATE INDEX world_templates_preview ON world_templates (preview_asset_id);

CREATE TABLE terrain_configs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    template_id bigint NOT NULL REFERENCES world_templates,
    name text NOT NULL CHECK (name <> ''),
    heightmap_asset_id bigint REFERENCES assets,
    seed bigint,
    size_m integer NOT NULL CHECK (size_m > 0),
    water_level_m real NOT NULL DEFAULT 0,
    parameters jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(parameters) = 'object'),
    created_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    CHECK (num_nonnulls(heightmap_asset_id, seed) > 0),
    CHECK (deleted_at >= created_at)
);
COMMENT ON TABLE terrain_configs IS 'The ground of a world: from a height map, or grown from a seed.';
CREATE UNIQUE INDEX terrain_configs_live_name ON terrain_configs (template_id, name) WHERE deleted_at IS NULL;
CREATE INDEX terrain_configs_template ON terrain_configs (template_id);
CREATE INDEX terrain_configs_heightmap ON terrain_configs (heightmap_asset_id);

-- Saving writes a new version; the highest one that is not deleted is the build.
CREATE TABLE user_builds (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    build_ref uuid NOT NULL DEFAULT gen_random_uuid(),
    version integer NOT NULL DEFAULT 1 CHECK (version > 0),
    based_on integer CHECK (based_on < version),
    owner_ref text NOT NULL CHECK (owner_ref <> ''),
    template_id bigint REFERENCES world_templates,
    name text NOT NULL CHECK (name <> ''),
    definition jsonb NOT NULL CHECK (jsonb_typeof(definition) = 'object'),
    created_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    UNIQUE (build_ref, version),
    FOREIGN KEY (build_ref, based_on) REFERENCES user_builds (build_ref, version),
    CHECK (deleted_at >= created_at)
);
COMMENT ON TABLE user_builds IS 'What people built, every version of it. A version is never changed, only deleted or brought back.';
CREATE INDEX user_builds_latest ON user_builds (build_ref, version DESC) WHERE deleted_at IS NULL;
CREATE INDEX user_builds_based_on ON user_builds (build_ref, based_on) WHERE based_on IS NOT NULL;
CREATE INDEX user_builds_live_owner ON user_builds (owner_ref, created_at DESC) WHERE deleted_at IS NULL;
CREATE INDEX user_builds_template ON user_builds (template_id);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused', TG_OP, TG_TABLE_NAME USING HINT = TG_ARGV[0];
END
$$;
COMMENT ON FUNCTION refuse_change() IS 'For triggers: stops the statement, with the argument as advice.';

CREATE TRIGGER versions_stay BEFORE UPDATE OF build_ref, version, based_on, owner_ref, template_id, name, definition, created_at
    ON user_builds FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('save a new version');

CREATE TRIGGER rows_stay BEFORE DELETE OR TRUNCATE ON assets
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('set deleted_at');
CREATE TRIGGER rows_stay BEFORE DELETE OR TRUNCATE ON asset_metadata
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('set deleted_at');
CREATE TRIGGER rows_stay BEFORE DELETE OR TRUNCATE ON asset_permissions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('set deleted_at');
CREATE TRIGGER rows_stay BEFORE DELETE OR TRUNCATE ON world_templates
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('set deleted_at');
CREATE TRIGGER rows_stay BEFORE DELETE OR TRUNCATE ON terrain_configs
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('set deleted_at');
CREATE TRIGGER rows_stay BEFORE DELETE OR TRUNCATE ON user_builds
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('set deleted_at');
