'use strict';
// The set-up page: asks the box every other second, says what it says, sends what a person typed. Text only ever becomes text, never markup.
const $ = id => document.getElementById(id);
let token = null, typedWan = false, tried = false, closed = false, entryOpen = false, timer = null;

function make(tag, text, cls) {
  const element = document.createElement(tag);
  if (text !== undefined && text !== null) element.textContent = text;
  if (cls) element.className = cls;
  return element;
}

function say(text, kind) {
  const said = $('said');
  said.textContent = text || '';
  said.className = 'note ' + (kind || '');
  said.hidden = !text;
}

const silent = 'The box does not answer: set-up mode may be over, or the address of its LAN port has changed; then open the page there. Hold the button for 3 seconds to open it again.';
const most = 2 * 1024 * 1024, tooLarge = 'That is more than the box takes: 2 MB. Of Azure only the connection, its gateways and networks are wanted.';

async function ask(path, body) {
  const options = body === undefined ? {} : {
    method: 'POST', headers: { 'Content-Type': 'application/json', 'X-Edgevpn-Token': token || '' }, body: JSON.stringify(body),
  };
  if (options.body?.length > most) throw new Error(tooLarge);
  let answer, value = {};
  try {
    answer = await fetch(path, { ...options, cache: 'no-store', credentials: 'same-origin', redirect: 'error' });
    value = await answer.json();
  } catch {
    if (!answer || answer.ok) throw new Error(silent); // whatever the browser calls it
  }
  if (!answer.ok) throw Object.assign(new Error(value.error || (answer.status === 413 ? tooLarge : `The box answers ${answer.status}.`)), { status: answer.status });
  return value;
}

// As text, also what Windows PowerShell's > wrote: UTF-16.
async function read(file) {
  const octets = new Uint8Array(await file.arrayBuffer()), mark = octets[0] << 8 | octets[1];
  return new TextDecoder(mark === 0xfffe ? 'utf-16le' : mark === 0xfeff ? 'utf-16be' : 'utf-8').decode(octets);
}

const span = seconds => seconds >= 60 ? `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s` : `${seconds} s`;

function showDoor() {
  clearTimeout(timer);
  token = null;
  $('box').hidden = true;
  $('door').hidden = false;
  $('left').textContent = '';
  $('code').focus();
}

function fill(list, items) { list.replaceChildren(...items); }

// Draws only what is not drawn yet: a lamp keeps its rhythm, a selection and a screen reader their place.
const seenBefore = new Map();
function draw(id, seen, items) {
  const now = JSON.stringify(seen);
  if (seenBefore.get(id) === now) return;
  seenBefore.set(id, now);
  fill($(id), items());
}

function lamp(rhythm) {
  return { 'steady': 'steady', 'slow blink': 'slow', 'fast blink': 'fast', 'two blinks': 'two' }[rhythm] || 'off';
}

function showLights(lights) {
  draw('lights', lights, () => lights.map(light => {
    const item = make('li');
    const drawn = make('span', null, 'lamp ' + lamp(light.rhythm));
    drawn.setAttribute('aria-hidden', 'true');
    item.append(drawn, make('b', `${light.name}: ${light.rhythm}`), make('small', light.meaning));
    return item;
  }));
}

const verdicts = { ok: 'ok', failed: 'failed', unknown: 'not known', skipped: 'not yet' }, needless = { ...verdicts, skipped: 'not needed' };

function showTree(tree) {
  draw('tree', tree, () => tree.map(one => {
    const part = make('div');
    if (one.connection === null) part.append(make('p', 'No connection is configured yet.')); // the way to the internet all the same
    else part.append(make('h3', `${one.connection} ${one.healthy ? 'works' : 'does not work'}`, one.healthy ? 'ok' : 'failed'));
    if (one.reason) {
      part.append(make('p', `${one.reason.digits} ${one.reason.code}: ${one.reason.sentence}${one.reason.detail ? ' ' + one.reason.detail : ''}`, 'note bad'));
      const checks = make('ul');
      checks.append(...one.check.map(line => make('li', line)));
      part.append(checks);
    }
    const steps = make('ol', null, 'steps');
    steps.append(...one.steps.map(step => {
      const item = make('li');
      const words = make('span', step.words);
      if (step.detail) words.append(make('span', ` (${step.detail})`, 'quiet'));
      item.append(make('span', (one.healthy ? needless : verdicts)[step.result], step.result), words);
      return item;
    }));
    part.append(steps);
    return part;
  }));
}

const way = () => document.querySelector('#wan input[name=method]:checked').value;
function unfold() {
  $('wan-fixed').hidden = way() !== 'static';
  $('wan-session').hidden = way() !== 'pppoe';
}

function showWan(view) {
  const select = $('wan-interface'), chosen = select.value;
  draw('wan-interface', view.ports, () => view.ports.map(name => make('option', name)));
  if (view.ports.includes(chosen)) select.value = chosen;
  if (typedWan || !view.wan) return; // a person is typing
  select.value = view.wan.interface;
  $('wan-' + view.wan.method).checked = true;
  $('wan-address').value = view.wan.address || '';
  $('wan-gateway').value = view.wan.gateway || '';
  $('wan-dns').value = (view.wan.dns || []).join(', ');
  $('wan-user').value = view.wan.user || '';
  $('wan-vlan').value = view.wan.vlan || '';
  unfold();
}

function showFleet(fleet) {
  $('fleet-now').textContent = fleet.member ? `This box belongs to ${fleet.member}.` : fleet.asking ? "The operator is asked: tell him this box's fingerprint." : 'This box belongs to no fleet.';
  $('fleet-print').hidden = !fleet.fingerprint;
  $('fingerprint').textContent = fleet.fingerprint || '';
  draw('fleet-said', fleet.said, () => fleet.said.map(line => make('li', line)));
  if (entryOpen !== fleet.mayJoin) $('entry').open = entryOpen = fleet.mayJoin; // a member asks again only where its own fleet gave it another card
}

function show(view) {
  $('device').textContent = view.device + (view.site ? `, ${view.site}` : '');
  $('left').textContent = `set-up mode for another ${span(view.secondsLeft)}`;
  $('pending').hidden = view.pendingSeconds === null;
  if (view.pendingSeconds !== null) $('pending-left').textContent = span(view.pendingSeconds);
  if (tried && view.pendingSeconds !== null) { $('pending').focus(); $('pending').scrollIntoView({ block: 'center' }); } // whoever tried something is asked about it
  tried = false;
  showLights(view.lights);
  $('fault').hidden = !view.fault;
  if (view.fault) $('fault').textContent = `Fault ${view.fault.digits}: ${view.fault.sentence}${view.fault.detail ? ' ' + view.fault.detail : ''}`;
  showTree(view.tree);
  showWan(view);
  showFleet(view.fleet);
  const from = view.configuration;
  $('in-force').textContent = {
    none: 'There is no configuration yet.', file: 'In force: the file on the box.', local: 'In force: a change made on the spot.',
    cloud: `In force: the operator's document, epoch ${from.epoch}, revision ${from.revision}.`,
  }[from.source] + ` Operator: ${view.cloud.state}${view.cloud.broker ? ' ' + view.cloud.broker : ''}.`;
  draw('ports', view.interfaces, () => view.interfaces.map(port => {
    const row = make('tr');
    row.append(...[port.name, port.role || '', port.carrier ? 'in' : 'out', port.addresses.join(' ')].map(text => make('td', text)));
    return row;
  }));
}

async function look() {
  clearTimeout(timer);
  if (closed) return;
  try {
    show(await ask('/state'));
    if ($('said').textContent === silent) say(''); // it answers again
    timer = setTimeout(look, 2000);
  } catch (fault) {
    if (closed) return; // nobody is there to answer, as was asked
    if (fault.status === 401) {
      showDoor();
      say('Set-up mode was opened anew: sign in again.', 'warn');
    } else {
      if ($('said').textContent !== fault.message) say(fault.message, 'warn'); // said once, not every four seconds
      timer = setTimeout(look, 4000);
    }
  }
}

async function enter() {
  token = (await ask('/session')).token;
  $('door').hidden = true;
  $('box').hidden = false;
  await look();
}

function showAnswer(answer, findings) {
  const parts = [];
  const errors = answer.problems.filter(problem => problem.isError).length;
  const failing = answer.findings.some(finding => finding.willFail);
  parts.push(make('p', answer.applied ? 'On trial now. Look whether it works, then keep it above.'
    : answer.valid ? (answer.changes.length ? (failing ? 'It is valid, and will not work with Azure as it is.' : 'It is valid.') : 'It is valid, and changes nothing.') : `It is refused: ${errors} problem${errors === 1 ? '' : 's'}.`, 'note ' + (answer.valid ? (failing ? 'warn' : 'good') : 'bad')));
  const list = make('ul');
  list.append(...answer.changes.map(line => make('li', line)), ...answer.problems.map(problem =>
    make('li', `${problem.path ? problem.path + ': ' : ''}${problem.sentence}`, problem.isError ? 'failed' : 'quiet')), ...answer.findings.map(finding => {
    const item = make('li', `${finding.path}: ${finding.sentence}`, finding.willFail ? 'failed' : '');
    if (finding.mend) item.append(make('span', ` To mend it: ${finding.mend}`, 'quiet'));
    return item;
  }));
  if (list.children.length) parts.push(list);
  fill($(findings), parts);
  tried = answer.applied;
  say(parts[0].textContent, answer.valid ? (failing ? 'warn' : 'good') : 'bad');
}

// One request at a time; what goes wrong is said.
async function act(button, work) {
  if (button) button.disabled = true;
  try { await work(); await look(); } catch (fault) { if (fault.status === 401) showDoor(); say(fault.message, 'bad'); } finally { if (button) button.disabled = false; }
}

$('sign-in').addEventListener('submit', event => {
  event.preventDefault();
  act(event.submitter, async () => {
    token = (await ask('/sign-in', { code: $('code').value })).token;
    $('code').value = '';
    say('');
    $('door').hidden = true;
    $('box').hidden = false;
    $('main').focus();
  });
});
$('document').addEventListener('submit', event => {
  event.preventDefault();
  const apply = event.submitter.value === 'apply';
  act(event.submitter, async () => {
    const chosen = [...$('file').files];
    if (chosen.reduce((sum, file) => sum + file.size, 0) > most) throw new Error(tooLarge); // before a phone reads it into its memory
    const files = await Promise.all(chosen.map(async file => ({ name: file.name, text: await read(file) })));
    const answer = await ask('/document', { files, psk: $('psk').value || null, apply });
    if (answer.applied) $('psk').value = '';
    showAnswer(answer, 'document-findings');
  });
});
$('wan').addEventListener('input', () => { typedWan = true; unfold(); });
$('wan').addEventListener('submit', event => {
  event.preventDefault();
  const method = way(), fixed = method === 'static', session = method === 'pppoe', text = id => $(id).value.trim();
  act(event.submitter, async () => {
    const answer = await ask('/wan', {
      interface: $('wan-interface').value, method, address: fixed ? text('wan-address') : null,
      gateway: fixed && text('wan-gateway') ? text('wan-gateway') : null, dns: fixed ? text('wan-dns').split(/[\s,]+/).filter(Boolean) : [],
      user: session ? text('wan-user') : null, password: session ? $('wan-password').value : null, vlan: text('wan-vlan') ? Number(text('wan-vlan')) : null,
    });
    showAnswer(answer, 'wan-findings');
    if (!answer.applied) return; // what was typed stays to be mended
    $('wan-password').value = '';
    typedWan = false;
  });
});
$('enrol').addEventListener('submit', event => {
  event.preventDefault();
  act(event.submitter, async () => {
    const answer = await ask('/enrol', { claim: $('claim').value, broker: $('broker').value.trim() || null });
    fill($('fleet-findings'), answer.accepted ? [] : [make('p', answer.text, 'note bad')]); // what is accepted is told above, as long as it lasts
    if (answer.accepted) $('claim').value = $('broker').value = '';
    say(answer.accepted ? '' : answer.text, 'bad');
  });
});
for (const [id, path] of [['confirm', '/confirm'], ['revert', '/revert'], ['close', '/close']])
  $(id).addEventListener('click', event => act(event.currentTarget, async () => {
    fill($('wan-findings'), []);
    fill($('document-findings'), []);
    const done = await ask(path, {});
    closed = id === 'close';
    say(done.text, 'good');
    if (closed) $('box').hidden = true; // nothing here is true any more
  }));

enter().catch(showDoor);
