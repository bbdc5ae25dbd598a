// An operator at the console: Debian's Chromium on a phone and on a desk, in light and dark, by keyboard.
//   node console.mjs JOB.json      { url, account, password, folder, chromium, modules, devices: { bad, good } }
// Prints one JSON line; exits with 1 and says what it missed on failure. Screenshots go to the folder.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import path from 'node:path';

const job = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const require = createRequire(path.join(job.modules, 'node_modules', 'x.js'));
const { chromium, devices } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const seen = { axe: {}, stops: {}, complaints: [], foreign: [] };

function must(truth, sentence) { if (!truth) throw new Error(sentence); }

// What axe finds by WCAG 2.2 A and AA and its best practices; nothing is excused.
async function picture(page, name) {
  const { wide, there } = await page.evaluate(() => ({ wide: document.documentElement.scrollWidth, there: window.innerWidth }));
  must(wide <= there, `${name}: ${wide} pixels wide where ${there} are there`);
  await page.screenshot({ path: path.join(job.folder, name + '.png'), fullPage: true });
  await page.evaluate(axe); // by the debugger: the page's own policy forbids foreign scripts, and stays in force
  const { violations, passes } = await page.evaluate(() => axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
  seen.axe[name] = passes.length;
  must(violations.length === 0, `${name}: axe: ${violations.map(v => `${v.id}: ${v.help}: ${v.nodes.map(n => n.target.join(' ') + ' ' + (n.any[0]?.message ?? '')).join(', ')}`).join('; ')}`);
  must(passes.length > 10, `${name}: axe looked at next to nothing`);
}

// Tab from the top until the round is complete; every stop must be visible and marked.
async function walk(page, name) {
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

async function open(browser, options) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(20000);
  page.on('console', message => { if (['error', 'warning'].includes(message.type()) && !/ 40[139] \(/.test(message.text())) seen.complaints.push(message.text()); });
  page.on('pageerror', error => seen.complaints.push(String(error)));
  page.on('request', request => { if (!request.url().startsWith(job.url)) seen.foreign.push(request.url()); });
  await page.goto(job.url);
  return page;
}

async function signIn(page) {
  await page.locator('#account').focus();
  await page.keyboard.type(job.account);
  await page.keyboard.press('Tab');
  await page.keyboard.type(job.password);
  await page.keyboard.press('Enter');
  await page.locator('.tile').first().waitFor({ state: 'visible' });
}

const browser = await chromium.launch({ executablePath: job.chromium, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] });
try {
  // At the desk, light.
  const desk = await open(browser, { viewport: { width: 1280, height: 860 }, colorScheme: 'light' });
  await picture(desk, 'desk-1-sign-in');
  await desk.locator('#account').fill('nobody');
  await desk.locator('#password').fill('wrong');
  await desk.keyboard.press('Enter');
  await desk.getByRole('alert').getByText('wrong').waitFor({ state: 'visible' });
  await desk.locator('#account').fill('');
  await signIn(desk);
  await picture(desk, 'desk-2-fleet');
  const stops = await walk(desk, 'fleet');
  for (const name of ['Rollouts', 'Audit', 'q', 'theme']) must(stops.includes(name), `the keyboard passes by "${name}": ${stops}`);

  // "/" leads to the search, from anywhere but a field.
  await desk.evaluate(() => document.activeElement.blur());
  await desk.keyboard.press('/');
  must(await desk.evaluate(() => document.activeElement.id) === 'q', '"/" does not lead to the search');
  await desk.keyboard.type(job.devices.bad);
  await desk.keyboard.press('Enter');
  await desk.locator('.tile').filter({ hasText: job.devices.bad }).waitFor({ state: 'visible' });
  must(await desk.locator('.tile').count() === 1, 'the search finds more than it was asked for');
  await desk.locator('.tile').first().focus();
  await desk.keyboard.press('Enter');
  await desk.getByText('wrong-secret').first().waitFor({ state: 'visible' });
  await picture(desk, 'desk-3-box-in-trouble');
  await desk.goto(`${job.url}/box/${job.devices.good}?range=24h`);
  await desk.locator('.chart svg').first().waitFor({ state: 'visible' });
  await picture(desk, 'desk-4-box');
  await walk(desk, 'box');
  for (const [name, where] of [['rollouts', '/rollouts'], ['plan', '/rollouts/new'], ['events', '/events'], ['enrol', '/enrol'], ['accounts', '/accounts'], ['audit', '/audit'], ['account', '/account']]) {
    await desk.goto(job.url + where);
    await picture(desk, `desk-5-${name}`);
  }

  // Dark, by the switch: it stays.
  await desk.goto(job.url);
  await desk.locator('#theme').click();
  await desk.locator('#theme').click();
  must(await desk.evaluate(() => document.documentElement.dataset.theme) === 'dark', 'the switch does not switch');
  await picture(desk, 'desk-6-dark');
  await desk.goto(`${job.url}/box/${job.devices.good}`);
  must(await desk.evaluate(() => document.documentElement.dataset.theme) === 'dark', 'the switch is forgotten');
  await picture(desk, 'desk-7-box-dark');

  // The phone, dark by its own setting; then as narrow as it gets.
  const phone = await open(browser, { ...devices['Pixel 7'], colorScheme: 'dark' });
  await signIn(phone);
  await picture(phone, 'phone-1-fleet');
  await phone.goto(`${job.url}/box/${job.devices.bad}`);
  await picture(phone, 'phone-2-box');
  await phone.setViewportSize({ width: 320, height: 640 }); // WCAG 1.4.10: no sideways scrolling at 320 pixels
  await phone.goto(`${job.url}/box/${job.devices.good}`);
  await picture(phone, 'phone-3-narrow');
  await phone.goto(`${job.url}/audit`);
  await picture(phone, 'phone-4-audit');

  // What happens shows without a reload.
  const before = await phone.goto(job.url + '/');
  must(before.ok(), 'the fleet is not there');
  process.stdout.write('ready\n');
  await phone.locator('.tile.gone').filter({ hasText: job.devices.good }).waitFor({ state: 'visible' });

  must(seen.foreign.length === 0, `asked others: ${seen.foreign}`);
  must(seen.complaints.length === 0, `the browser complains: ${seen.complaints.join('; ')}`);
  process.stdout.write(JSON.stringify(seen) + '\n');
} catch (fault) {
  for (const context of browser.contexts()) for (const page of context.pages()) await page.screenshot({ path: path.join(job.folder, 'failed.png'), fullPage: true }).catch(() => {});
  process.stderr.write(fault.stack + '\n');
  process.exitCode = 1;
} finally {
  await browser.close();
}
