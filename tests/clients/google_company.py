"""A company's Meet, Directory, Calendar and recordings, read by Google's own Python client."""

import hashlib
import io

from googleapiclient.errors import HttpError
from googleapiclient.http import MediaIoBaseDownload

AUTH = "https://www.googleapis.com/auth/"
STEP = 256 * 1024


def all_pages(resource, request, rows):
    """All rows of a list, by the client's own `list_next`."""
    found, pages = [], 0
    while request is not None:
        page = request.execute()
        found += page.get(rows, [])
        pages += 1
        request = resource.list_next(request, page)
    return found, pages


def download(request):
    """The whole of a file, in ranges."""
    data = io.BytesIO()
    loader = MediaIoBaseDownload(data, request, chunksize=STEP)
    done, steps = False, 0
    while not done:
        _, done = loader.next_chunk()
        steps += 1
    return data.getvalue(), steps


def refused(request, status):
    try:
        request.execute()
    except HttpError as error:
        assert error.resp.status == status, error
        return error
    raise AssertionError("not refused")


def directory(service, admin, user):
    users = service("admin.directory_v1.json", "/", admin, "admin.directory.user.readonly").users()
    asked = {"customer": "my_customer", "query": "isSuspended=false", "orderBy": "email"}
    fields = "nextPageToken,users(id,primaryEmail,name/fullName,archived)"
    found, pages = all_pages(users, users.list(maxResults=1, fields=fields, **asked), "users")
    assert [one["primaryEmail"] for one in found] == [admin, user], found
    assert pages == 2 and found[1]["name"] == {"fullName": "Ewa Nowak"}, found
    assert users.get(userKey=found[1]["id"], fields="primaryEmail").execute() == {"primaryEmail": user}
    others = service("admin.directory_v1.json", "/", user, "admin.directory.user.readonly").users()
    refused(others.list(**asked), 403)
    found = others.list(viewType="domain_public", **asked).execute()["users"]
    assert [one["primaryEmail"] for one in found] == [admin, user], found
    print("  users listed page by page as an admin, and in the public view as somebody else")


def meet(service, user):
    meet = service("meet.v2.json", "/", user, "meetings.space.readonly")
    records = meet.conferenceRecords()
    wanted = 'space.meeting_code = "abc-mnop-xyz" AND end_time>="2020-01-01T00:00:00Z"'
    (record,), pages = all_pages(records, records.list(filter=wanted, pageSize=100), "conferenceRecords")
    assert pages == 2, "the first page is empty and has a token"
    people = records.participants()
    found, _ = all_pages(people, people.list(parent=record["name"]), "participants")
    assert [sorted(one)[-1] for one in found] == ["signedinUser", "name"], found
    assert found[1]["anonymousUser"] == {"displayName": "Guest"}, found
    sessions = people.participantSessions()
    joins, _ = all_pages(sessions, sessions.list(parent=found[0]["name"]), "participantSessions")
    assert len(joins) == 2 and joins[0]["endTime"] < joins[1]["startTime"], joins
    space = meet.spaces().get(name="spaces/abc-mnop-xyz").execute()
    assert space["name"] == record["space"] and space["meetingCode"] == "abc-mnop-xyz", space
    recordings, _ = all_pages(
        records.recordings(), records.recordings().list(parent=record["name"]), "recordings"
    )
    notes, _ = all_pages(records.smartNotes(), records.smartNotes().list(parent=record["name"]), "smartNotes")
    assert recordings[0]["state"] == notes[0]["state"] == "FILE_GENERATED"
    print("  records, participants, sessions, rooms and files read from Meet, through an empty page")
    return recordings[0]["driveDestination"]["file"], notes[0]["docsDestination"]["document"]


def originals(service, user, video, notes):
    files = service("drive.v3.json", "/drive/v3/", user, "drive.meet.readonly").files()
    known = files.get(fileId=video, fields="size,md5Checksum,sha1Checksum,sha256Checksum,capabilities").execute()
    content, steps = download(files.get_media(fileId=video))
    assert steps == 4 and known["size"] == str(len(content)) and known["capabilities"]["canDownload"], known
    for name in ("md5", "sha1", "sha256"):
        assert known[name + "Checksum"] == hashlib.new(name, content).hexdigest(), (name, known)
    text, _ = download(files.export_media(fileId=notes, mimeType="text/plain"))
    assert text == b"All is well.\n", text
    refused(files.get_media(fileId=notes), 403)
    print("  a recording downloaded in ranges, checksums agree; notes exported")


def calendar(service, user):
    events = service("calendar.v3.json", "/calendar/v3/", user, "calendar.events.readonly").events()
    window = {"timeMin": "2026-01-01T00:00:00Z", "timeMax": "2026-01-15T00:00:00+01:00"}
    request = events.list(calendarId="primary", singleEvents=True, orderBy="startTime", maxResults=1, **window)
    found, pages = all_pages(events, request, "items")
    assert pages == 3 and len(found) == 2, found
    assert found[0]["conferenceData"]["conferenceId"] == "abc-mnop-xyz", found[0]
    assert found[0]["recurringEventId"] == found[1]["recurringEventId"], found
    print("  a series of events expanded, page by page")


def story(card, service_for):
    def service(name, path, subject, scope):
        return service_for(card, name, path, subject, AUTH + scope)

    admin, user = card["admin"], card["user"]
    directory(service, admin, user)
    video, notes = meet(service, user)
    originals(service, user, video, notes)
    calendar(service, user)
