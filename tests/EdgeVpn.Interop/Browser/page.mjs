// What every page of ours is held to in a real browser: the set-up page (setup-page.mjs) and the console (EdgeVpn.Fleet.Tests/Browser/console.mjs).
// The command line names the job, a JSON file: { url, folder, chromium, modules, … }. Screenshots go to its folder; what was seen is printed as one JSON line.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import path from 'node:path';

export function must(truth, sentence) { if (!truth) throw new Error(sentence); }

export const job = JSON.parse(readFileSync(process.argv[2], 'utf8'));

const require = createRequire(path.join(job.modules, 'node_modules', 'x.js'));
const { chromium, devices } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

export { devices };

/** What was looked at, and what should not have been seen. */
export const seen = { axe: {}, stops: {}, complaints: [], foreign: [] };

/** A screenshot; nothing is wider than the screen; axe finds nothing by WCAG 2.2 A and AA and its best practices, and nothing is excused. */
export async function picture(page, name) {
  const { wide, there } = await page.evaluate(() => ({ wide: document.documentElement.scrollWidth, there: window.innerWidth }));
  must(wide <= there, `${name}: ${wide} pixels wide where ${there} are there`);
  await page.screenshot({ path: path.join(job.folder, name + '.png'), fullPage: true });
  await page.evaluate(axe); // by the debugger: the page's own policy forbids foreign scripts, and stays in force
  const { violations, passes } = await page.evaluate(() => axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
  seen.axe[name] = passes.length;
  must(violations.length === 0, `${name}: axe: ${violations.map(v => `${v.id}: ${v.help}: ${v.nodes.map(n => n.target.join(' ') + ' ' + (n.any[0]?.message ?? '')).join(', ')}`).join('; ')}`);
  must(passes.length > 10, `${name}: axe looked at next to nothing`);
}

/** Tab from the top until the round is complete; every stop must be visible and marked, and the first leads past the menu. */
export async function walk(page, name) {
  const stops = [];
  for (let i = 0; i < 120; i++) {
    await page.keyboard.press('Tab');
    const stop = await page.evaluate(() => {
      const at = document.activeElement;
      if (!at || at === document.body) return null;
      const style = getComputedStyle(at), box = at.getBoundingClientRect();
      const before = at.dataset.walked;
      at.dataset.walked = 'yes';
      return { before, id: at.id || at.textContent.trim().split('\n')[0], marked: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0, shown: box.width > 0 && box.height > 0 };
    });
    if (stop === null || stop.before) break;
    stops.push(stop);
  }
  for (const stop of stops) must(stop.marked && stop.shown, `${name}: the keyboard stops at "${stop.id}" and one does not see it`);
  must(stops[0]?.id === 'Skip to content', `${name}: the first stop is "${stops[0]?.id}"`);
  seen.stops[name] = stops.map(stop => stop.id);
  return seen.stops[name];
}

/** A page of its own at the job's address; what the browser complains of and whom else it asks is noted. Answers 401, 403 and 409 are ours, and meant. */
export async function open(browser, options) {
  const context = await browser.newContext({ ...options, acceptDownloads: true });
  const page = await context.newPage();
  page.setDefaultTimeout(20000);
  page.on('console', message => { if (['error', 'warning'].includes(message.type()) && !/40[139] \(/.test(message.text())) seen.complaints.push(message.text()); });
  page.on('pageerror', error => seen.complaints.push(String(error)));
  page.on('request', request => { if (!request.url().startsWith(job.url) && !request.url().startsWith('blob:')) seen.foreign.push(request.url()); });
  await page.goto(job.url);
  return page;
}

/** Plays a script in the job's browser, and says what was seen; or what was missed, with a picture of it. */
export async function play(script, isExcused = () => false) {
  const browser = await chromium.launch({ executablePath: job.chromium, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] });
  try {
    await script(browser);
    must(seen.foreign.length === 0, `asked others: ${seen.foreign}`);
    const complaints = seen.complaints.filter(complaint => !isExcused(complaint));
    must(complaints.length === 0, `the browser complains: ${complaints.join('; ')}`);
    process.stdout.write(JSON.stringify(seen) + '\n');
  } catch (fault) {
    for (const context of browser.contexts()) for (const page of context.pages()) await page.screenshot({ path: path.join(job.folder, 'failed.png'), fullPage: true }).catch(() => {});
    process.stderr.write(fault.stack + '\n');
    process.exitCode = 1;
  } finally {
    await browser.close();
  }
}
