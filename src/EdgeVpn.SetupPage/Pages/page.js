'use strict';
// The set-up page: asks the box every other second, says what it says, sends what a person typed. Text only ever becomes text, never markup.
const $ = id => document.getElementById(id);
let token = null, typedWan = false, tried = false, closed = false, timer = null;

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

async function ask(path, body) {
  const options = body === undefined ? {} : {
    method: 'POST', headers: { 'Content-Type': 'application/json', 'X-Edgevpn-Token': token || '' }, body: JSON.stringify(body),
  };
  const answer = await fetch(path, { ...options, cache: 'no-store', credentials: 'same-origin', redirect: 'error' });
  const value = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(value.error), { status: answer.status });
  return value;
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

function lamp(rhythm) {
  return { 'steady': 'steady', 'slow blink': 'slow', 'fast blink': 'fast', 'two blinks': 'two' }[rhythm] || 'off';
}

function showLights(lights) {
  fill($('lights'), lights.map(light => {
    const item = make('li');
    const drawn = make('span', null, 'lamp ' + lamp(light.rhythm));
    drawn.setAttribute('aria-hidden', 'true');
    item.append(drawn, make('b', `${light.name}: ${light.rhythm}`), make('small', light.meaning));
    return item;
  }));
}

const verdicts = { ok: 'ok', failed: 'failed', unknown: 'not known', skipped: 'not yet' }, needless = { ...verdicts, skipped: 'not needed' };

function showTree(tree) {
  if (tree.length === 0) { fill($('tree'), [make('p', 'No connection is configured yet.')]); return; }
  fill($('tree'), tree.map(one => {
    const part = make('div');
    part.append(make('h3', `${one.connection} ${one.healthy ? 'works' : 'does not work'}`, one.healthy ? 'ok' : 'failed'));
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

function showWan(view) {
  const here = port => port.addresses.some(address => address.startsWith(location.hostname + '/')); // the port that shows this page is no WAN
  const ports = view.interfaces.filter(port => port.role !== 'tunnel' && port.role !== 'lan' && !here(port)).map(port => port.name);
  const select = $('wan-interface');
  if (select.options.length !== ports.length) fill(select, ports.map(name => make('option', name)));
  if (typedWan || !view.wan) return; // a person is typing
  select.value = view.wan.interface;
  $(view.wan.method === 'static' ? 'wan-static' : 'wan-dhcp').checked = true;
  $('wan-address').value = view.wan.address || '';
  $('wan-gateway').value = view.wan.gateway || '';
  $('wan-dns').value = (view.wan.dns || []).join(', ');
  $('wan-fixed').hidden = !$('wan-static').checked;
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
  const from = view.configuration;
  $('in-force').textContent = {
    none: 'There is no configuration yet.', file: 'In force: the file on the box.', local: 'In force: a change made on the spot.',
    cloud: `In force: the operator's document, epoch ${from.epoch}, revision ${from.revision}.`,
  }[from.source] + ` Operator: ${view.cloud.state}${view.cloud.broker ? ' ' + view.cloud.broker : ''}.`;
  fill($('interfaces').tBodies[0], view.interfaces.map(port => {
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
    timer = setTimeout(look, 2000);
  } catch (fault) {
    if (closed) return; // nobody is there to answer, as was asked
    if (fault.status === 401) showDoor();
    else {
      say('The box does not answer: set-up mode may be over, or its address has changed. Hold the button for 3 seconds to open it again.', 'warn');
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
    const files = await Promise.all([...$('file').files].map(async file => ({ name: file.name, text: await file.text() })));
    const answer = await ask('/document', { files, psk: $('psk').value || null, apply });
    if (answer.applied) $('psk').value = '';
    showAnswer(answer, 'document-findings');
  });
});
$('wan').addEventListener('input', () => { typedWan = true; $('wan-fixed').hidden = !$('wan-static').checked; });
$('wan').addEventListener('submit', event => {
  event.preventDefault();
  const fixed = $('wan-static').checked, text = id => $(id).value.trim();
  act(event.submitter, async () => {
    showAnswer(await ask('/wan', {
      interface: $('wan-interface').value, method: fixed ? 'static' : 'dhcp', address: fixed ? text('wan-address') : null,
      gateway: fixed && text('wan-gateway') ? text('wan-gateway') : null, dns: fixed ? text('wan-dns').split(/[\s,]+/).filter(Boolean) : [],
    }), 'wan-findings');
    typedWan = false;
  });
});
for (const [id, path] of [['confirm', '/confirm'], ['revert', '/revert'], ['close', '/close']])
  $(id).addEventListener('click', event => act(event.currentTarget, async () => {
    fill($('wan-findings'), []);
    fill($('document-findings'), []);
    const done = await ask(path, {});
    closed = id === 'close';
    say(done.text, 'good');
  }));

enter().catch(showDoor);
