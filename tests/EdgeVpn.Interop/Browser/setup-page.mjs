// A technician at the set-up page: Debian's Chromium on a phone and on a laptop, in the network namespace that the story started it in.
//   node setup-page.mjs JOB.json      { url, code, folder, chromium, modules, configuration, azure: [FILE…], psk, secret, claim, member }
// Prints one JSON line; exits with 1 and says what it missed on failure. Screenshots go to the folder.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { devices, job, must, open, picture, play, walk } from './page.mjs';

async function tabTo(page, id) {
  for (let i = 0; i < 60; i++) {
    if (await page.evaluate(wanted => document.activeElement?.id === wanted || document.activeElement?.textContent?.trim() === wanted, id)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`the keyboard does not reach "${id}"`);
}

const visible = (page, text) => page.getByText(text).first().waitFor({ state: 'visible' });

async function signIn(page) {
  await page.locator('#code').waitFor({ state: 'visible' });
  await page.keyboard.type(job.code); // the field has the focus already
  await page.keyboard.press('Enter');
  await page.locator('#lights li').first().waitFor({ state: 'visible' });
}

await play(async browser => {
  // The phone: fingers, small screen, daylight.
  const phone = await open(browser, { ...devices['Pixel 7'], colorScheme: 'light' });
  await phone.locator('#code').waitFor({ state: 'visible' });
  await picture(phone, 'phone-1-sign-in');
  await phone.keyboard.type('22222-22222');
  await phone.keyboard.press('Enter');
  await visible(phone, 'That is not the code on the label');
  await phone.locator('#code').fill('');
  await signIn(phone);
  await visible(phone, 'No connection is configured yet.');
  must(await phone.locator('#tree li').count() === 14, 'without a connection the way out is not told step by step');
  await picture(phone, 'phone-2-nothing-configured');

  // WAN: what makes no sense is said beside the form; nothing changes.
  must(await phone.locator('#wan-interface option').allTextContents().then(names => names.join()) === 'wan0', 'the port of this page is offered as WAN');
  await phone.locator('#wan-static').check();
  await phone.locator('#wan-address').fill('192.0.2.2');
  await phone.locator('#wan button').tap();
  await phone.locator('#wan-findings').getByText('An address with prefix length is wanted').waitFor({ state: 'visible' });
  await picture(phone, 'phone-3-wan-refused');
  must(await phone.locator('#wan-address').inputValue() === '192.0.2.2', 'what was typed is gone with the refusal');
  await phone.locator('#wan-pppoe').check();
  await phone.locator('#wan-user').fill('branch-042@isp.example');
  await phone.locator('#wan-vlan').fill('4095');
  await phone.locator('#wan button').tap();
  await phone.locator('#wan-findings').getByText("The provider's password is wanted").waitFor({ state: 'visible' });
  await picture(phone, 'phone-3-wan-session');
  await phone.locator('#wan-vlan').fill('');
  await phone.locator('#wan-static').check();
  await phone.locator('#wan-address').fill('192.0.2.2/24');
  await phone.locator('#wan-gateway').fill('192.0.2.1');
  await phone.locator('#wan button').tap();
  await phone.locator('#confirm').waitFor({ state: 'visible' });
  must(await phone.evaluate(() => document.activeElement.id) === 'pending', 'whoever tried something is not led to the question');
  await picture(phone, 'phone-4-wan-on-trial');
  await phone.locator('#revert').tap();
  await visible(phone, 'Taken back');

  // Azure's files: what is missing is asked for, then what would change.
  await phone.locator('#file').setInputFiles(job.azure[0]);
  await phone.getByRole('button', { name: 'Check it' }).tap();
  await phone.locator('#document-findings .failed').first().waitFor({ state: 'visible' });
  await picture(phone, 'phone-5-azure-incomplete');
  await phone.locator('#file').setInputFiles(job.azure);
  await phone.locator('#psk').fill(job.psk);
  await phone.getByRole('button', { name: 'Check it' }).tap();
  await visible(phone, 'connection azure: added');
  await phone.locator('#psk').fill('');

  // What is far too large is not even read.
  await phone.locator('#file').setInputFiles({ name: 'subscription.json', mimeType: 'application/json', buffer: Buffer.alloc(3_000_000, 0x20) });
  await phone.getByRole('button', { name: 'Check it' }).tap();
  await visible(phone, 'That is more than the box takes');

  // A cable that is out for a moment: said, and taken back.
  await phone.context().setOffline(true);
  await visible(phone, 'The box does not answer');
  await phone.context().setOffline(false);
  await phone.getByText('The box does not answer').waitFor({ state: 'hidden' });

  // A configuration of ours, as Windows PowerShell writes files (UTF-16), kept; the lights live.
  await phone.locator('#file').setInputFiles({ name: 'config.json', mimeType: 'application/json', buffer: Buffer.from('\ufeff' + readFileSync(job.configuration, 'utf8'), 'utf16le') });
  await phone.getByRole('button', { name: 'Try it' }).last().tap();
  await phone.locator('#confirm').waitFor({ state: 'visible' });
  await visible(phone, 'hub works');
  await visible(phone, 'vpn: steady');
  await picture(phone, 'phone-6-tunnel-on-trial');
  await phone.locator('#confirm').tap();
  await visible(phone, 'Kept: the box starts from it');

  // The fleet: what is no card is said; with the card the box is a member, and goes on as it is.
  await phone.locator('#claim').fill('edgevpn://broker');
  await phone.getByRole('button', { name: 'Join' }).tap();
  await visible(phone, 'This is no claim card');
  await phone.locator('#claim').fill(job.claim.match(/.{1,60}/g).join('\n')); // as a mail breaks it
  await phone.getByRole('button', { name: 'Join' }).tap();
  await phone.locator('#fingerprint').waitFor({ state: 'visible' });
  await visible(phone, `This box belongs to ${job.member}.`);
  await visible(phone, 'hub works');
  must(await phone.locator('#claim').isHidden(), 'a member is asked for another card');
  await picture(phone, 'phone-7-enrolled');

  await phone.setViewportSize({ width: 320, height: 640 }); // WCAG 1.4.10: no sideways scrolling at 320 pixels
  await picture(phone, 'phone-8-narrow');

  // The support bundle.
  const download = phone.waitForEvent('download');
  await phone.locator('#bundle').tap();
  const bundle = path.join(job.folder, 'bundle.tar.gz');
  await (await download).saveAs(bundle);
  const names = execFileSync('tar', ['-tzf', bundle], { encoding: 'utf8' }).trim().split('\n');
  must(['status.json', 'why.json', 'configuration.json', 'events.jsonl', 'machine.txt'].every(name => names.includes('edgevpn-support/' + name)), `the bundle holds ${names}`);
  const inside = execFileSync('tar', ['-xzOf', bundle], { encoding: 'utf8' });
  must(inside.includes('hub') && !inside.includes(job.secret), 'the bundle holds the shared key');
  must(!inside.includes(job.claim.match(/&t=([^&]+)/)[1]), "the bundle holds the claim card's token");

  // The laptop: by keyboard alone, in the dark.
  const laptop = await open(browser, { viewport: { width: 1280, height: 800 }, colorScheme: 'dark' });
  await signIn(laptop);
  await visible(laptop, 'hub works');
  await picture(laptop, 'laptop-1-dark');
  await laptop.reload(); // signed in by its cookie; the focus is nowhere yet
  await laptop.locator('#lights li').first().waitFor({ state: 'visible' });
  const stops = await walk(laptop, 'laptop');
  for (const id of ['wan-interface', 'wan-dhcp', 'file', 'psk', 'bundle', 'close']) must(stops.includes(id) || (id === 'wan-dhcp' && stops.includes('wan-static')), `the keyboard passes by "${id}": ${stops}`);
  await laptop.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  await picture(laptop, 'laptop-2-light');
  await laptop.evaluate(() => document.activeElement.blur());
  await tabTo(laptop, 'close');
  await laptop.keyboard.press('Enter');
  await visible(laptop, 'Set-up mode is closed');
}, complaint => /ERR_CONNECTION_REFUSED|Failed to load resource/.test(complaint)); // the page is closed at the end, and goes with its server
