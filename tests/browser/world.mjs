// The service as a process of its own, and the Zoom and Google behind it.

import { execFileSync, spawn } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { createWriteStream, mkdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import path from 'node:path';

const { Z2D_PROGRAMS, Z2D_FOLDER, Z2D_DOMAIN } = process.env;

/** Where the browser finds the service: through nginx, and without it on this machine. */
export const HTTPS = `https://${Z2D_DOMAIN}`;
export const LOCAL = 'http://localhost:8080';

const DIRECT = 'http://127.0.0.1:8080';

/** Asks until the answer is something, for as long as a loaded machine may take. */
export async function until(what, ask, seconds = 60) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const found = await ask();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited ${seconds} s in vain: ${what}`);
    await new Promise((go) => setTimeout(go, 100));
  }
}

export class World {
  #settings;
  #secret;
  #sandbox;
  #orders;
  #service;
  #log;

  /** Starts all of it. Settings of the suite's own win. */
  static async open(settings = {}) {
    const world = new World();
    const folder = path.join(Z2D_FOLDER, 'world');
    mkdirSync(folder);
    world.#log = createWriteStream(path.join(Z2D_FOLDER, 'service-log'), { flags: 'a' });
    world.#sandbox = spawn(path.join(Z2D_PROGRAMS, 'examples/sandbox_control'), [folder], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    world.#orders = createInterface({ input: world.#sandbox.stdout })[Symbol.asyncIterator]();
    const ready = await world.#orders.next();
    if (ready.value !== 'ready') throw new Error('there is no sandbox');
    const lines = readFileSync(path.join(folder, 'environment'), 'utf8').trim().split('\n');
    const environment = Object.fromEntries(lines.map((line) => line.split(/=(.*)/s).slice(0, 2)));
    world.#secret = environment.ZOOM_WEBHOOK_SECRET_TOKEN;
    world.token = randomBytes(16).toString('hex');
    world.#settings = {
      ...environment,
      ADMIN_TOKEN: world.token,
      LISTEN_ADDR: '127.0.0.1:8080',
      TIMEZONE: 'Europe/Berlin',
      ZOOM_PLAN: 'business',
      SETTLE_FOR: '0s',
      SWEEP_EVERY: '1h',
      RETRY_WAIT: '50ms',
      CHUNK_SIZE: '512KiB',
      WINDOW_SIZE: '512KiB',
      IDLE_TIMEOUT: '20s',
      LEASE_FOR: '4s',
      STOP_WITHIN: '5s',
      PATH: process.env.PATH,
      ...settings,
    };
    await world.serve();
    return world;
  }

  /** Starts the service and waits until it answers. */
  async serve(settings = {}) {
    this.#settings = { ...this.#settings, ...settings };
    this.#service = spawn(path.join(Z2D_PROGRAMS, 'zoom2drive'), ['serve'], {
      env: this.#settings,
      cwd: Z2D_FOLDER,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#service.stdout.pipe(this.#log, { end: false });
    this.#service.stderr.pipe(this.#log, { end: false });
    const service = this.#service;
    await until('the service answers', async () => {
      if (service.exitCode !== null) throw new Error(`the service ended:\n${this.log()}`);
      return fetch(`${DIRECT}/healthz`).then((answer) => answer.ok, () => false);
    });
  }

  log() {
    return readFileSync(path.join(Z2D_FOLDER, 'service-log'), 'utf8').split('\n').slice(-40).join('\n');
  }

  signal(name) {
    this.#service.kill(name);
  }

  /** Ends the service with this signal, and waits until it is gone. */
  async end(name) {
    const service = this.#service;
    if (service.exitCode !== null || service.signalCode !== null) return;
    const gone = new Promise((go) => service.once('exit', go));
    service.kill(name);
    await gone;
  }

  /** An order to the sandbox: see examples/sandbox_control.rs. */
  async order(order) {
    this.#sandbox.stdin.write(`${JSON.stringify(order)}\n`);
    const { value, done } = await this.#orders.next();
    if (done) throw new Error(`the sandbox did not understand ${JSON.stringify(order)}`);
    return JSON.parse(value);
  }

  /** Zoom has recorded something; nobody has told the service yet. Gives the event. */
  async record(recording) {
    const usual = { host: 'ann@drama.example', start: '2026-03-01T18:30:00Z', mib: 1, deleted_on: null };
    return (await this.order({ record: { ...usual, ...recording } })).event;
  }

  /** Zoom calls, as it would: signed, through nginx. */
  async webhook(event) {
    const timestamp = Math.floor(Date.now() / 1000).toString();
    const digest = createHmac('sha256', this.#secret).update(`v0:${timestamp}:${event}`).digest('hex');
    const headers = ['content-type: application/json', `x-zm-request-timestamp: ${timestamp}`, `x-zm-signature: v0=${digest}`];
    const here = ['-sSk', '--fail-with-body', '--resolve', `${Z2D_DOMAIN}:443:127.0.0.1`, '--data-binary', '@-'];
    const sent = [...here, ...headers.flatMap((header) => ['-H', header]), `${HTTPS}/webhooks/zoom`];
    execFileSync('curl', sent, { input: event, encoding: 'utf8' });
  }

  async recorded(recording) {
    await this.webhook(await this.record(recording));
  }

  /** What the admin API says. */
  async api(address) {
    const answer = await fetch(`${DIRECT}/admin/${address}`, { headers: { authorization: `Bearer ${this.token}` } });
    if (!answer.ok) throw new Error(`${address}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  async jobs() {
    return (await this.api('jobs')).jobs;
  }

  /** Waits until this many jobs stand like that. */
  async standing(standing, count = 1) {
    const those = async () => (await this.jobs()).filter((job) => job.standing === standing);
    await until(`${count} jobs are ${standing}`, async () => (await those()).length >= count).catch((error) => {
      throw new Error(`${error.message}\n${this.log()}`);
    });
    return those();
  }

  async close() {
    await this.end('SIGKILL');
    const gone = new Promise((go) => this.#sandbox.once('exit', go));
    this.#sandbox.stdin.end();
    if ((await gone) !== 0) throw new Error('the sandbox saw broken rules');
  }
}
