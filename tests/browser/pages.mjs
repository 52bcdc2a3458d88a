// All pages, in one table: every suite walks it. A page that is added to the service is added here.
//
// `path` is an address, or a function of the theatre (theatre.mjs) that gives one. `press` is the button that leads on
// to a page that only a POST shows. `shown` is a text that says that all of it is there, beside the heading.

export const PAGES = [
  { name: 'overview', path: '/dashboard', heading: 'Overview' },
  { name: 'hosts', path: '/dashboard/hosts', heading: 'Hosts', shown: 'dean@uni.example' },
  { name: 'events', path: '/dashboard/events', heading: 'Events', shown: 'recording.completed' },
  { name: 'event', path: ({ event }) => `/dashboard/events/${event}`, heading: /Event/ },
  { name: 'event-replay', path: ({ event }) => `/dashboard/events/${event}/replay`, heading: /Begin again/ },
  { name: 'messages', path: '/dashboard/messages', heading: 'Messages' },
  { name: 'system', path: '/dashboard/system', heading: 'System', shown: 'Open sessions' },
  { name: 'audit', path: '/dashboard/audit', heading: 'Audit trail', shown: 'log in' },
  { name: 'doctor', path: '/dashboard/doctor', heading: 'Doctor' },
  { name: 'doctor-run', path: '/dashboard/doctor', press: 'Examine now', heading: 'Doctor', shown: / broken, / },
  { name: 'settings', path: '/dashboard/settings', heading: 'Settings', shown: 'DRIVE_FOLDER_ID' },
  { name: 'not-found', path: '/dashboard/nothing-of-the-kind', heading: 'Not found', status: 404 },
];

/** Pages that are seen without a session. */
export const OUTSIDE = [
  { name: 'login', path: '/dashboard/login', heading: 'Log in' },
  { name: 'login-again', path: '/dashboard/login?again=1', heading: 'Log in' },
  { name: 'logged-out', path: '/dashboard/login?out=1', heading: 'Log in' },
  { name: 'cookie-lost', path: '/dashboard/login?in=1', heading: 'Log in' },
];

/** What the browser itself says of the page that is not there. */
export const TOLD = /status of 404 .*nothing-of-the-kind/;

/** Opens a page of the table, and waits until all of it is there. Gives the answer. */
export async function open(page, entry, theatre) {
  const path = typeof entry.path === 'function' ? entry.path(theatre) : entry.path;
  let answer = await page.goto(path);
  if (entry.press) {
    const posted = page.waitForResponse((answer) => answer.request().method() === 'POST');
    await page.getByRole('button', { name: entry.press }).click();
    answer = await posted;
  }
  await page.getByRole('heading', { level: 1, name: entry.heading }).first().waitFor();
  if (entry.shown) await page.getByText(entry.shown).filter({ visible: true }).first().waitFor({ timeout: 60_000 });
  return answer;
}
