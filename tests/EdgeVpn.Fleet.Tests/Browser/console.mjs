// An operator at the console: Debian's Chromium on a phone and on a desk, in light and dark, by keyboard.
//   node console.mjs JOB.json      { url, account, password, folder, chromium, modules, devices: { bad, good } }
// Prints one JSON line; exits with 1 and says what it missed on failure. Screenshots go to the folder.
import { devices, job, must, open, picture, play, walk } from '../../EdgeVpn.Interop/Browser/page.mjs';

async function signIn(page) {
  await page.locator('#account').focus();
  await page.keyboard.type(job.account);
  await page.keyboard.press('Tab');
  await page.keyboard.type(job.password);
  await page.keyboard.press('Enter');
  await page.locator('.tile').first().waitFor({ state: 'visible' });
}

await play(async browser => {
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
});
