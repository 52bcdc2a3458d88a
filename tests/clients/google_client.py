"""Google's own Python client against the sandbox's Google.

The sandbox and the program were written by the same people, who may have misread the same page. This
client was written by Google: what it accepts is no mirror of our own mistakes.

Usage: google_client.py SANDBOX_BINARY
"""

import hashlib
import io
import json
import os
import subprocess
import sys

import google_company
from google.oauth2 import service_account
from googleapiclient import discovery
from googleapiclient.errors import HttpError
from googleapiclient.http import MediaIoBaseDownload, MediaIoBaseUpload

STEP = 256 * 1024
FOLDER = "application/vnd.google-apps.folder"


def service_for(card, name, path, subject=None, scope="https://www.googleapis.com/auth/drive"):
    """A service whose discovery document points at the sandbox, over plain HTTP. The client brings the document."""
    documents = os.path.join(os.path.dirname(discovery.__file__), "discovery_cache", "documents")
    with open(os.path.join(documents, name), encoding="utf-8") as file:
        document = json.load(file)
    document["rootUrl"] = card["url"] + "/"
    document["baseUrl"] = card["url"] + path
    document.pop("mtlsRootUrl", None)
    credentials = service_account.Credentials.from_service_account_info(
        card["service_account_key"], scopes=[scope], subject=subject
    )
    return discovery.build_from_document(document, credentials=credentials)


def upload(drive, body, content):
    """A resumable upload in steps, resumed after every refusal as Google's documentation says."""
    media = MediaIoBaseUpload(io.BytesIO(content), "video/mp4", chunksize=STEP, resumable=True)
    fields = "id,name,size,md5Checksum,sha1Checksum,sha256Checksum,trashed"
    request = drive.files().create(body=body, media_body=media, supportsAllDrives=True, fields=fields)
    answer, refusals = None, 0
    while answer is None:
        try:
            _, answer = request.next_chunk()
        except HttpError as error:
            refusals += 1
            assert error.resp.status == 503 and refusals < 5, error
    return answer, refusals


def check_checksums(file, content):
    assert file["size"] == str(len(content)), file
    for name in ("md5", "sha1", "sha256"):
        assert file[name + "Checksum"] == hashlib.new(name, content).hexdigest(), (name, file)


def story(card):
    drive = service_for(card, "drive.v3.json", "/drive/v3/")
    content = bytes(range(256)) * (3 * 1024 * 1024 // 256) + b"curtain"
    shared = {"supportsAllDrives": True}

    about = drive.about().get(fields="user(emailAddress),storageQuota").execute()
    assert about["user"]["emailAddress"] == card["service_account_key"]["client_email"]

    ids = drive.files().generateIds(count=2, space="drive", type="files").execute()["ids"]
    body = {"id": ids[0], "name": "it's a folder", "mimeType": FOLDER, "parents": [card["root_folder"]]}
    folder = drive.files().create(body=body, **shared).execute()
    assert folder == {"kind": "drive#file", "id": ids[0], "name": "it's a folder", "mimeType": FOLDER}
    try:
        drive.files().create(body=body, **shared).execute()
        raise AssertionError("the same id was used twice")
    except HttpError as error:
        assert error.resp.status == 409 and error.error_details[0]["reason"] == "fileIdInUse"
    print("  folder made by a reserved id, and only once")

    body = {"id": ids[1], "name": "faults.mp4", "parents": [folder["id"]], "appProperties": {"zoom": "1"}}
    file, refusals = upload(drive, body, content)
    assert refusals == 1, refusals
    check_checksums(file, content)
    print("  3 MiB uploaded in 256 KiB chunks, through a 503 and a short acknowledgement; checksums agree")

    q = f"'{folder['id']}' in parents and trashed = false and appProperties has {{key='zoom' and value='1'}}"
    search = {"q": q, "includeItemsFromAllDrives": True, **shared}
    found = drive.files().list(fields="nextPageToken,files(id,name,size)", **search).execute()
    assert found == {"files": [{"id": ids[1], "name": "faults.mp4", "size": str(len(content))}]}, found
    again = drive.files().get(fileId=ids[1], fields="size,md5Checksum,sha1Checksum,sha256Checksum", **shared)
    check_checksums(again.execute(), content)

    small, _ = upload(drive, {"name": "chat.txt", "parents": [folder["id"]]}, b"hello")
    data = io.BytesIO()
    download = MediaIoBaseDownload(data, drive.files().get_media(fileId=small["id"], **shared), chunksize=2)
    done = False
    while not done:
        _, done = download.next_chunk()
    assert data.getvalue() == b"hello"
    empty, _ = upload(drive, {"name": "empty.txt", "parents": [folder["id"]]}, b"")
    check_checksums(empty, b"")
    print("  found by search; small and empty files uploaded, read back by Range")

    drive.files().update(fileId=ids[1], body={"trashed": True}, **shared).execute()
    assert drive.files().list(fields="files(id)", **search).execute() == {"files": []}
    try:
        drive.files().delete(fileId=ids[1], **shared).execute()
        raise AssertionError("a content manager deleted for good")
    except HttpError as error:
        assert error.resp.status == 403
    print("  trashed, gone from the search, and not to be deleted by a content manager")


def sheets_story(card):
    """A spreadsheet as the program writes it: made by Drive, its structure, then its values as they are."""
    drive = service_for(card, "drive.v3.json", "/drive/v3/")
    sheets = service_for(card, "sheets.v4.json", "/").spreadsheets()
    kind = "application/vnd.google-apps.spreadsheet"
    body = {"name": "attendance", "mimeType": kind, "parents": [card["root_folder"]], "appProperties": {"nonce": "n"}}
    file = drive.files().create(body=body, supportsAllDrives=True, fields="id,webViewLink").execute()
    sheet = file["id"]
    assert file["webViewLink"].startswith("https://docs.google.com/spreadsheets/d/" + sheet), file
    fields = "sheets.properties(sheetId,title,index,gridProperties)"
    known = sheets.get(spreadsheetId=sheet, fields=fields).execute()
    (tab,) = known["sheets"]
    grid = {"rowCount": 3, "columnCount": 2, "frozenRowCount": 1}
    wanted = {"sheetId": tab["properties"]["sheetId"], "title": "Attendance", "gridProperties": grid}
    mask = "title,gridProperties.rowCount,gridProperties.columnCount,gridProperties.frozenRowCount"
    requests = [
        {"updateSheetProperties": {"properties": wanted, "fields": mask}},
        {"addSheet": {"properties": {"sheetId": 1001, "title": "Joins", "index": 1}}},
    ]
    sheets.batchUpdate(spreadsheetId=sheet, body={"requests": requests}).execute()
    formula = '=HYPERLINK("https://evil.example","click")'
    rows = [["Name", "Share"], [formula, 0.75], ["+380 44", ""]]
    data = [{"range": "Attendance!A1:B3", "values": rows}]
    values = sheets.values()
    answer = values.batchUpdate(spreadsheetId=sheet, body={"valueInputOption": "RAW", "data": data}).execute()
    assert answer["totalUpdatedCells"] == 6, answer
    for option in ("UNFORMATTED_VALUE", "FORMULA"):
        read = values.get(spreadsheetId=sheet, range="Attendance!A1:B3", valueRenderOption=option).execute()
        assert read["values"] == [["Name", "Share"], [formula, 0.75], ["+380 44"]], (option, read)
    known = sheets.get(spreadsheetId=sheet, fields=fields).execute()
    assert [tab["properties"]["title"] for tab in known["sheets"]] == ["Attendance", "Joins"]
    assert known["sheets"][0]["properties"]["gridProperties"] == grid
    print("  a spreadsheet made, written RAW and read back: a formula stays text")


def main():
    sandbox = subprocess.Popen(
        [sys.argv[1], "--lenient", "--faults"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        card = json.loads(sandbox.stdout.readline())
        story(card)
        sheets_story(card)
        google_company.story(card, service_for)
        out, _ = sandbox.communicate(timeout=30)
    finally:
        sandbox.kill()
    report = json.loads(out)
    print(f"  {len(report['calls'])} calls, {len(report['violations'])} violations")
    for violation in report["violations"]:
        print("  violation:", violation)
    sys.exit(1 if report["violations"] or sandbox.returncode else 0)


if __name__ == "__main__":
    main()
