// A theatre's archive with something of everything: recordings in each state, and names that attack.

import { createServer } from 'node:http';
import { until, World } from './world.mjs';

/** Texts that must be shown as texts. */
export const HOSTILE = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(2)>',
  '{{7*7}} ${7*7} <%= 7*7 %>',
  'javascript:alert(3)',
  '\u202Egnp.exe',
  `'; DROP TABLE jobs; --`,
];

const PERMISSION = 'The user does not have sufficient permissions for this file.';

/** Where messages go to: a receiver that takes every other one. */
async function receiver() {
  let number = 0;
  const server = createServer((request, answer) => {
    number += 1;
    request.resume().on('end', () => answer.writeHead(number % 2 === 1 ? 200 : 400).end('no'));
  });
  await new Promise((go) => server.listen(0, '127.0.0.1', go));
  server.unref();
  return `http://127.0.0.1:${server.address().port}/`;
}

/** Builds it. Gives the numbers of its jobs by what they are for. */
export async function theatre(settings = {}) {
  const world = await World.open({ NOTIFY_WEBHOOK_URL: await receiver(), NOTIFY_ARCHIVED: 'each', ...settings });
  const hosts = ['ann@drama.example', 'dean@uni.example', 'stage.manager@drama.example'];
  const topics = ['Rehearsal 16', 'Faculty board', 'Hamlet, act 2: read-through with the understudies and the music'];
  for (const [index, topic] of topics.entries()) {
    const start = `2026-03-0${index + 1}T18:30:00Z`;
    await world.recorded({ uuid: `play+${index}/AAAAAAAAA==`, topic, host: hosts[index], start, deleted_on: '2027-04-01' });
  }
  for (const [index, topic] of HOSTILE.entries()) {
    await world.recorded({ uuid: `evil+${index}/AAAAAAAAA==`, topic, start: `2026-02-0${index + 1}T10:00:00Z` });
  }
  const archived = await world.standing('finished', topics.length + HOSTILE.length);
  // Two that a person must see to.
  await world.order({ refuse_uploads: { reason: 'insufficientFilePermissions', message: PERMISSION, times: 1000000 } });
  for (const number of [1, 2]) {
    await world.recorded({ uuid: `parked+${number}/AAAAAAAAA==`, topic: `Dress rehearsal ${number}`, deleted_on: '2027-03-14' });
  }
  const parked = await world.standing('parked', 2);
  await world.order('clear');
  // And one that takes as long as the suite.
  await world.order({ slow_media: { of: 'slow', millis: 2000 } });
  await world.recorded({ uuid: 'slow+1/AAAAAAAAA==', topic: 'Hamlet, act 2', mib: 48 });
  const moving = await until('one is on its way', async () => {
    const jobs = await world.jobs();
    return jobs.find((job) => job.topic === 'Hamlet, act 2' && job.standing === 'active');
  });
  const [event] = (await world.api('events')).events;
  return { world, event: event.id, archived: archived[0].id, hostile: archived.find((job) => job.topic.includes('<script>')).id, parked: parked[0].id, moving: moving.id };
}
