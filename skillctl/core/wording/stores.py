"""Words of the codes of this area: registries and their blobs in object stores and OCI registries."""

from __future__ import annotations

from skillctl.core.wording.entry import Wording

WORDS: dict[str, Wording] = {
    "E750": Wording(
        title="the object store {location} does not do its part: {reason}",
        hint="is the bucket there, and is it reached from here? Its endpoint and region come from the environment, as "
        "for the store's own programs (AWS_ENDPOINT_URL, AWS_REGION; AWS_ALLOW_HTTP=true for one at http://)",
        about="An object store was asked for a file or told to keep one, and could not be reached or refused. Nothing "
        "of a publish counts before the index file is replaced, so it can be repeated.",
    ),
    "E751": Wording(
        title="the object store {location} does not let you in: {reason}",
        hint="{advice}",
        about="skillctl keeps no keys of object stores: it takes what the environment, the machine's role or the "
        "store's own configuration gives (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, "
        "`GOOGLE_APPLICATION_CREDENTIALS`, `AZURE_STORAGE_ACCOUNT_KEY` …). Reading and writing may need different "
        "rights. A registry that only a project's file names is asked without keys, since anybody may have written "
        "that file; `skillctl registry add` makes it one of yours.",
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
    "E756": Wording(
        title="`{reference}` names nothing in an OCI registry",
        hint="write oci://host/repository, and behind it :tag or @sha256:<digest> for one release",
        about="Repositories have lower-case letters, digits and `.`, `_`, `-` between them, in parts with `/`.",
    ),
    "E757": Wording(
        title="{reference} does not let you in ({status})",
        hint="`docker login` or `podman login` for that host; user and password come from the file that they write",
        about="Credentials of OCI registries belong to a host, and are those that other programs use for it: "
        "config.json of Docker, auth.json of Podman. A credential helper that is named there is not asked.",
    ),
    "E758": Wording(
        title="{reference} gave something else for {what}",
        hint="try again; if it stays so, the registry or something on the way to it is damaged",
        about="What is asked for by its digest is compared with it, and thrown away if it differs.",
    ),
    "E759": Wording(
        title="{reference} can't be used: {reason}",
        hint="does the host speak the OCI distribution protocol (/v2/), and may you write there?",
        about="An OCI registry answered in a way that the protocol does not have, or refused.",
    ),
    "E761": Wording(
        title="there is no pack at {reference}: {reason}",
        hint="a release is pushed by `skillctl publish` to a registry that keeps its archives there",
        about="A release in an OCI registry is a manifest of the type application/vnd.skillctl.pack.v1 with the "
        "archive as its layer. Container images are none.",
    ),
    "E762": Wording(
        title="{registry} is another registry than {source}",
        hint="mirror into an empty directory; {registry} has the id {found}, and {source} has {id}",
        about="A mirror keeps the id of what it mirrors, since locks name it. A directory that holds another registry "
        "can't become one.",
    ),
    "E763": Wording(
        title="{registry} does not have {names}",
        hint="`skillctl list --available --registry {registry}` lists what it has",
        about="Packs that are to be mirrored have to be there. What they need is taken along, as far as the same "
        "registry has it.",
    ),
    "E764": Wording(
        title="the archive of {release} can't be mirrored from {registry}: {reason}",
        hint="`skillctl registry verify` there tells what else is wrong; nothing that was copied is lost",
        about="Every archive is compared with the digest in the index before it is kept. The mirror stays as it was, "
        "or further on, and counts nothing that it does not have.",
    ),
    "E765": Wording(
        title="the registry {registry} names {blobs} for its archives, which is this machine itself",
        hint="tell whoever keeps the registry; nothing was asked there",
        about="Whoever writes a registry's config.json decides where its archives are asked for. What listens on this "
        "machine trusts who calls it from here, so a registry elsewhere may not lead there, as a redirection may not.",
    ),
    "E767": Wording(
        title="the registry {registry} has its archives at {found}, and not at {wanted}",
        hint="leave `--blobs` out: config.json of the registry says where they are",
        about="Where the archives of a registry lie is decided when it is made, and config.json is signed with it. A "
        "registry that is to have them elsewhere is a new one that the packs are published to.",
    ),
    "N760": Wording(
        title="the archives in {blobs} were not looked at",
        hint="an OCI registry removes by its own rules; keep those from manifests that are tagged with a version",
        about="`registry gc` tidies the files of the registry itself. A publish that was interrupted or lost a race "
        "leaves a manifest without a tag in the OCI registry. It harms nobody, and what its keeper sets up for such "
        "manifests removes it. `registry verify` tells of releases that have no tag themselves.",
    ),
    "W760": Wording(
        title="{release} is published, and the tag {reference} is something else",
        hint="it installs all the same, since archives are fetched by their digest; remove the tag if it is no release "
        "of the pack, and `skillctl registry index --rebuild` puts the right one",
        about="The version's tag in the OCI registry is for people and for other programs. It is "
        "put when the index has the release, and one that is there is never overwritten. Two registries with the same "
        "place for their archives get into each other's way like this.",
    ),
    "W761": Wording(
        title="{release} is published, and its tag {reference} could not be put",
        hint="it installs all the same, since archives are fetched by their digest; publishing it again puts the tag, "
        "and so does `skillctl registry index --rebuild`",
        about="The archive and a manifest without a tag are there, and the index names them, so nothing is missing. "
        "Some who keep OCI registries remove manifests without a tag after a while: so have it put before long.",
    ),
    "W762": Wording(
        title="{release} has no tag {reference}",
        hint="it installs all the same, since archives are fetched by their digest; "
        "`skillctl registry index --rebuild` puts the tag, with `--keys` where they are in another place",
        about="The publisher was stopped between the change of the index and the tag, or somebody removed it. Some who "
        "keep OCI registries remove manifests without a tag, and what they name, after a while.",
    ),
    "W763": Wording(
        title="{release} is deleted, and its archive is still at {reference}",
        hint="remove it there; who is asked for it by the index finds no such release any more",
        about="A deleted release leaves the index, and its archive is removed where it lies. Some OCI registries "
        "remove nothing by the protocol, or only for some users: there it is done on their own pages.",
    ),
}
