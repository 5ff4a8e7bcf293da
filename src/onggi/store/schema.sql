-- The store's facts. Truth is here, not in the folders, except where a table says that it is rebuildable.
-- Raise SCHEMA_VERSION in db.py with every change. The whole script runs on an older store too: add, never alter.

-- Layers unpacked in snapshots/<hex>/. is_canonical: packing the folder gives the diff ID again. disk: bytes that came
-- with it: a file that another layer has too counts for that one. Measured when the layer is stored, and anew for all
-- layers when the build cache is over its cap; NULL: never yet.
CREATE TABLE IF NOT EXISTS snapshots (
    diff_id      TEXT PRIMARY KEY,
    tree_digest  TEXT NOT NULL,
    size         INTEGER NOT NULL,
    is_canonical INTEGER NOT NULL,
    disk         INTEGER
) WITHOUT ROWID;

-- Files in blobs/sha256/. Rebuildable from the folder.
CREATE TABLE IF NOT EXISTS blobs (
    digest TEXT PRIMARY KEY,
    size   INTEGER NOT NULL
) WITHOUT ROWID;

-- manifest and config are the raw bytes. stored: seconds since the epoch, when it came into this store.
CREATE TABLE IF NOT EXISTS images (
    id              TEXT PRIMARY KEY,
    manifest_digest TEXT NOT NULL,
    manifest        BLOB NOT NULL,
    config          BLOB NOT NULL,
    stored          REAL NOT NULL
) WITHOUT ROWID;

-- digest: of the blob that is kept for the layer, where one is. It is the manifest's or, of a layer that cannot be packed
-- again and was here in another compression, that one.
CREATE TABLE IF NOT EXISTS image_layers (
    image    TEXT NOT NULL REFERENCES images (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    diff_id  TEXT NOT NULL REFERENCES snapshots (diff_id),
    digest   TEXT NOT NULL,
    PRIMARY KEY (image, position)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS image_layers_by_diff_id ON image_layers (diff_id);

-- Full references ("docker.io/library/node:18-slim"); an image without one is dangling.
CREATE TABLE IF NOT EXISTS names (
    name  TEXT PRIMARY KEY,
    image TEXT NOT NULL REFERENCES images (id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS names_by_image ON names (image);

-- Images for several platforms, see indexes.py. raw: the index as it came. The image at position 0 is the one that the
-- index's names have in `names`. manifest_digest: of the manifest that raw names.
CREATE TABLE IF NOT EXISTS indexes (
    digest TEXT PRIMARY KEY,
    raw    BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS index_images (
    index_digest    TEXT NOT NULL REFERENCES indexes (digest) ON DELETE CASCADE,
    position        INTEGER NOT NULL,
    image           TEXT NOT NULL REFERENCES images (id),
    manifest_digest TEXT NOT NULL,
    PRIMARY KEY (index_digest, position)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS index_images_by_image ON index_images (image);

CREATE TABLE IF NOT EXISTS index_names (
    name         TEXT PRIMARY KEY REFERENCES names (name) ON DELETE CASCADE,
    index_digest TEXT NOT NULL REFERENCES indexes (digest) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS index_names_by_index ON index_names (index_digest);

-- What registries know images by, see origins.py. repository: "docker.io/library/debian"; digest: of the manifest or, of an
-- image that was chosen from an index, the index's.
CREATE TABLE IF NOT EXISTS origins (
    repository TEXT NOT NULL,
    digest     TEXT NOT NULL,
    image      TEXT NOT NULL REFERENCES images (id) ON DELETE CASCADE,
    PRIMARY KEY (repository, digest, image)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS origins_by_image ON origins (image);

-- spec is the ContainerSpec as JSON. The layers are the container's own: its image may go before it does.
CREATE TABLE IF NOT EXISTS containers (
    id      TEXT PRIMARY KEY,
    name    TEXT NOT NULL UNIQUE,
    image   TEXT NOT NULL,
    spec    BLOB NOT NULL,
    created REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS containers_by_image ON containers (image);

CREATE TABLE IF NOT EXISTS container_layers (
    container TEXT NOT NULL REFERENCES containers (id) ON DELETE CASCADE,
    position  INTEGER NOT NULL,
    diff_id   TEXT NOT NULL REFERENCES snapshots (diff_id),
    PRIMARY KEY (container, position)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS container_layers_by_diff_id ON container_layers (diff_id);

-- Volumes: volume is a VolumeRow as JSON, what is in it is in volumes/<name>/_data/.
CREATE TABLE IF NOT EXISTS volumes (
    name   TEXT PRIMARY KEY,
    volume BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS container_volumes (
    container TEXT NOT NULL REFERENCES containers (id) ON DELETE CASCADE,
    volume    TEXT NOT NULL REFERENCES volumes (name),
    PRIMARY KEY (container, volume)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS container_volumes_by_volume ON container_volumes (volume);

-- Networks: network is a Network as JSON. The three that are always there are made when somebody first asks for one.
CREATE TABLE IF NOT EXISTS networks (
    id      TEXT PRIMARY KEY,
    name    TEXT NOT NULL UNIQUE,
    network BLOB NOT NULL
) WITHOUT ROWID;

-- What a container has in a network, kept as long as the container. position: of the interface. ipv4, ipv6: without
-- prefixes; NULL for none, which may come more than once. endpoint: an Endpoint as JSON.
CREATE TABLE IF NOT EXISTS endpoints (
    container TEXT NOT NULL REFERENCES containers (id) ON DELETE CASCADE,
    network   TEXT NOT NULL REFERENCES networks (id),
    position  INTEGER NOT NULL,
    ipv4      TEXT,
    ipv6      TEXT,
    mac       TEXT NOT NULL,
    endpoint  BLOB NOT NULL,
    PRIMARY KEY (container, network),
    UNIQUE (network, ipv4),
    UNIQUE (network, ipv6),
    UNIQUE (network, mac)
) WITHOUT ROWID;

-- The build cache: entry is a CacheEntry as JSON, used is when it was last made or found. Losing a row costs only time.
CREATE TABLE IF NOT EXISTS cache (
    key   TEXT PRIMARY KEY,
    entry BLOB NOT NULL,
    used  REAL NOT NULL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS cache_layers (
    key     TEXT NOT NULL REFERENCES cache (key) ON DELETE CASCADE,
    diff_id TEXT NOT NULL REFERENCES snapshots (diff_id),
    PRIMARY KEY (key, diff_id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS cache_layers_by_diff_id ON cache_layers (diff_id);

-- What each COPY of a project made last: unchanged files are linked into the next version of its layer. paths: of its
-- files, separated by NUL; digests: sha256 of each file, in 32 bytes. Losing a row costs only time and space.
CREATE TABLE IF NOT EXISTS copies (
    key     TEXT PRIMARY KEY,
    diff_id TEXT NOT NULL REFERENCES snapshots (diff_id) ON DELETE CASCADE,
    paths   BLOB NOT NULL,
    digests BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS copies_by_diff_id ON copies (diff_id);

-- Files that ADD fetched: each is the only file of a layer, called name. place: the sha256 of its URL. record: a
-- Download as JSON. Rebuildable.
CREATE TABLE IF NOT EXISTS remote_files (
    place   TEXT NOT NULL,
    name    TEXT NOT NULL,
    diff_id TEXT NOT NULL REFERENCES snapshots (diff_id) ON DELETE CASCADE,
    record  BLOB NOT NULL,
    PRIMARY KEY (place, name)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS remote_files_by_diff_id ON remote_files (diff_id);

-- What builds did; the logs of their steps are in builds/<id>/. record is a BuildRecord as JSON. project names what was
-- built: builds of one project are compared with each other.
CREATE TABLE IF NOT EXISTS builds (
    id      TEXT PRIMARY KEY,
    project TEXT NOT NULL,
    started REAL NOT NULL,
    record  BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS builds_by_project ON builds (project, started);

-- What builds/<id>/ takes up on disk since the build ended. Rebuildable.
CREATE TABLE IF NOT EXISTS logs (
    build TEXT PRIMARY KEY REFERENCES builds (id) ON DELETE CASCADE,
    disk  INTEGER NOT NULL
) WITHOUT ROWID;

-- Failed steps that can be looked into: failure is a Failure as JSON, what the step wrote is in builds/<id>/failed/. Its
-- layers are roots of the garbage collection.
CREATE TABLE IF NOT EXISTS failures (
    build   TEXT PRIMARY KEY REFERENCES builds (id) ON DELETE CASCADE,
    failure BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS failure_layers (
    build   TEXT NOT NULL REFERENCES failures (build) ON DELETE CASCADE,
    diff_id TEXT NOT NULL REFERENCES snapshots (diff_id) ON DELETE CASCADE,
    PRIMARY KEY (build, diff_id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS failure_layers_by_diff_id ON failure_layers (diff_id);

-- What files outside the store were when they were looked at, valid as long as they look the same. folder: the bytes of
-- its path. names: of its files, separated by NUL; seen: for each of them a layer.stat_cache.Seen, as one msgpack array.
-- Rebuildable.
CREATE TABLE IF NOT EXISTS seen (
    folder BLOB PRIMARY KEY,
    names  BLOB NOT NULL,
    seen   BLOB NOT NULL
);

-- What `registry serve` serves; the bytes of blobs and manifests are in blobs/sha256/. since: seconds since the epoch, when
-- the blob came into the repository, or when the last manifest that named it went.
CREATE TABLE IF NOT EXISTS served_blobs (
    repository TEXT NOT NULL,
    digest     TEXT NOT NULL,
    since      REAL NOT NULL,
    PRIMARY KEY (repository, digest)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS served_blobs_by_digest ON served_blobs (digest);

-- subject, artifact_type: '' for none. descriptor: of the manifest, as JSON, where it has a subject, whose referrers are
-- listed so.
CREATE TABLE IF NOT EXISTS served_manifests (
    repository    TEXT NOT NULL,
    digest        TEXT NOT NULL,
    media_type    TEXT NOT NULL,
    subject       TEXT NOT NULL,
    artifact_type TEXT NOT NULL,
    descriptor    BLOB NOT NULL,
    PRIMARY KEY (repository, digest)
);
CREATE INDEX IF NOT EXISTS served_manifests_by_subject ON served_manifests (repository, subject, digest);

-- The blobs and manifests that a manifest names, and that its repository has.
CREATE TABLE IF NOT EXISTS served_members (
    repository TEXT NOT NULL,
    manifest   TEXT NOT NULL,
    digest     TEXT NOT NULL,
    PRIMARY KEY (repository, manifest, digest),
    FOREIGN KEY (repository, manifest) REFERENCES served_manifests (repository, digest) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS served_members_by_digest ON served_members (repository, digest);

CREATE TABLE IF NOT EXISTS served_tags (
    repository TEXT NOT NULL,
    tag        TEXT NOT NULL,
    digest     TEXT NOT NULL,
    PRIMARY KEY (repository, tag),
    FOREIGN KEY (repository, digest) REFERENCES served_manifests (repository, digest) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS served_tags_by_digest ON served_tags (repository, digest);

-- What layers were when they were squeezed last: a registry is asked for that before they are squeezed again. level: -1
-- for the compression's own. A hint: squeezed by another version of a library a layer is another blob.
CREATE TABLE IF NOT EXISTS squeezed (
    diff_id     TEXT NOT NULL REFERENCES snapshots (diff_id) ON DELETE CASCADE,
    compression TEXT NOT NULL,
    level       INTEGER NOT NULL,
    digest      TEXT NOT NULL,
    size        INTEGER NOT NULL,
    PRIMARY KEY (diff_id, compression, level)
) WITHOUT ROWID;

-- Where blobs were seen: a registry may take one over from another of its repositories. seen: seconds since the epoch.
-- A hint.
CREATE TABLE IF NOT EXISTS sightings (
    host       TEXT NOT NULL,
    digest     TEXT NOT NULL,
    repository TEXT NOT NULL,
    seen       REAL NOT NULL,
    PRIMARY KEY (host, digest, repository)
) WITHOUT ROWID;

-- Lists of manifests that are put together here, see manifest_lists.py. list, name: full references, of the list and of one of
-- its manifests. entry: a ListEntry as JSON.
CREATE TABLE IF NOT EXISTS manifest_lists (
    list     TEXT NOT NULL,
    name     TEXT NOT NULL,
    position INTEGER NOT NULL,
    entry    BLOB NOT NULL,
    PRIMARY KEY (list, name)
) WITHOUT ROWID;

-- What living processes use: roots of the garbage collection. A session is a process that holds the lock
-- locks/session-<id>; when it dies the kernel frees the lock, and its rows mean nothing any more.
CREATE TABLE IF NOT EXISTS leases (
    session TEXT NOT NULL,
    lease   INTEGER NOT NULL,
    kind    TEXT NOT NULL CHECK (kind IN ('snapshot', 'blob', 'image')),
    subject TEXT NOT NULL,
    PRIMARY KEY (session, lease, kind, subject)
) WITHOUT ROWID;

-- What they have in networks for what is no container: steps of builds. ipv4, ipv6: without prefixes; '' for none.
CREATE TABLE IF NOT EXISTS leased_endpoints (
    session TEXT NOT NULL,
    lease   INTEGER NOT NULL,
    network TEXT NOT NULL REFERENCES networks (id),
    ipv4    TEXT NOT NULL,
    ipv6    TEXT NOT NULL,
    mac     TEXT NOT NULL,
    PRIMARY KEY (session, lease, network, mac)
) WITHOUT ROWID;
