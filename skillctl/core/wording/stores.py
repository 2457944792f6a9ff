"""Words of the codes of this area: registries and their blobs in object stores and OCI registries."""

from __future__ import annotations

from skillctl.core.wording.entry import Wording

WORDS = {
    "E750": Wording(
        title="the object store {location} does not do its part: {reason}",
        hint="is the bucket there, and is it reached from here? Its endpoint and region come from the environment, as "
        "for the store's own programs (AWS_ENDPOINT_URL, AWS_REGION)",
        about="An object store was asked for a file or told to keep one, and could not be reached or refused. Nothing "
        "of a publish counts before the index file is replaced, so it can be repeated.",
    ),
    "E751": Wording(
        title="the object store {location} does not let you in: {reason}",
        hint="the keys come from the environment, as for the store's own programs (AWS_ACCESS_KEY_ID, "
        "AWS_SECRET_ACCESS_KEY, GOOGLE_APPLICATION_CREDENTIALS, AZURE_STORAGE_ACCOUNT_KEY)",
        about="skillctl keeps no keys of object stores: it takes what the environment, the machine's role or the "
        "store's own configuration gives. Reading and writing may need different rights.",
    ),
    "E752": Wording(
        title="the object store {location} can't replace a file on a condition, which a registry needs",
        hint="take a store that has conditional writes (S3, GCS, Azure, R2, MinIO), a directory, or `registry serve`",
        about="Two who publish at once must not lose each other's releases, so an index file is only replaced if it is "
        "still the one that was read (If-Match). A store without that can hold blobs, and no index.",
    ),
    "E753": Wording(
        title="`{location}` is no address of an object store: {reason}",
        hint="write s3://bucket/folder, gs://bucket/folder or az://container/folder",
        about="The address names the kind of store, the bucket and, where it is not the whole bucket, a folder in it.",
    ),
    "E754": Wording(
        title="object stores need a part of skillctl that is not installed",
        hint="install `skillctl-toolkit[s3]`",
        about="The library that speaks to object stores is an extra, since most people publish to a server or a "
        "directory.",
    ),
    "E755": Wording(
        title="`{key}` in {location} has {size} bytes, and {limit} are allowed",
        hint="see `skillctl config limits`; something else may lie in the bucket's folder",
        about="What is larger than any file of a registry may be is not read.",
    ),
}
