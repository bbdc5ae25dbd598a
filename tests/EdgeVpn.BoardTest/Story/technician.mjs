// The technician at the emulated board's set-up page, with Debian's Chromium on a laptop in the LAN's namespace. Says what was done and seen, one line
// each; the story waits for these lines. What the page should show and does not show in time ends it with 1.
//   node technician.mjs JOB.json      { url, code, configuration, folder, chromium, modules, patience (ms for each thing) }
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import path from 'node:path';

const job = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const { chromium } = createRequire(path.join(job.modules, 'node_modules', 'x.js'))('playwright-core');
const say = line => process.stdout.write(line + '\n');

const browser = await chromium.launch({ executablePath: job.chromium, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] });
const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
page.setDefaultTimeout(job.patience);
page.setDefaultNavigationTimeout(job.patience);
const shown = text => page.getByText(text).first().waitFor({ state: 'visible' });
try {
  await page.goto(job.url);
  await page.locator('#code').fill(job.code);
  await page.keyboard.press('Enter');
  await page.locator('#lights li').first().waitFor({ state: 'visible' });
  say('signed in');

  await page.locator('#file').setInputFiles(job.configuration);
  await page.getByRole('button', { name: 'Try it' }).last().click();
  await page.locator('#confirm').waitFor({ state: 'visible' });
  await shown('cloud: steady');
  await page.screenshot({ path: path.join(job.folder, 'page-on-trial.png'), fullPage: true });
  say('on trial, cloud steady');

  await page.locator('#pending').waitFor({ state: 'hidden' }); // kept by a short press of the button
  await shown('In force: a change made on the spot.');
  say('kept');

  await page.locator('#close').click();
  await shown('Set-up mode is closed');
  say('closed');
} catch (fault) {
  await page.screenshot({ path: path.join(job.folder, 'page-failed.png'), fullPage: true }).catch(() => {});
  say(fault.stack);
  process.exitCode = 1;
} finally {
  await browser.close();
}
