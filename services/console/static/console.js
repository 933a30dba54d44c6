/* Socle, console. Sans dépendance : thème, copie, onglets, filtres, journal en direct. */
(() => {
  'use strict';
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const prefix = document.body.dataset.prefix;
  const plural = (n, word) => `${n} ${word}${n > 1 ? 's' : ''}`;

  // Thème : automatique, clair, sombre. Le cookie évite l'éclair blanc au chargement.
  const themes = { '': 'Thème : automatique', light: 'Thème : clair', dark: 'Thème : sombre' };
  const order = Object.keys(themes), root = document.documentElement;
  const themeButton = one('[data-theme-toggle]');
  const sayTheme = () => {
    const words = themes[root.dataset.theme || ''];
    one('.lbl', themeButton).textContent = words;
    themeButton.setAttribute('aria-label', words + '. Changer');
  };
  themeButton.addEventListener('click', () => {
    const next = order[(order.indexOf(root.dataset.theme || '') + 1) % order.length];
    if (next) root.dataset.theme = next; else delete root.dataset.theme;
    document.cookie = `socle-theme=${next}; path=/; max-age=${next ? 31536000 : 0}; samesite=lax`;
    sayTheme();
  });
  sayTheme();

  // Heures : dans le fuseau de qui regarde.
  const hour = new Intl.DateTimeFormat('fr-FR', { timeStyle: 'medium' });
  const date = new Intl.DateTimeFormat('fr-FR', { dateStyle: 'full', timeStyle: 'short' });
  const localise = (where) => all('time[data-local]', where).forEach((time) => {
    const shown = time.dataset.local === 'date' ? date : hour;
    const words = shown.format(new Date(time.dateTime)).replace(' à ', ', ');
    time.textContent = words[0].toUpperCase() + words.slice(1);
  });
  localise(document);

  // Copier
  const toast = one('.toast');
  let toastTimer;
  const say = (words) => {
    toast.textContent = words;
    toast.classList.add('on');
    clearTimeout(toastTimer);
    toastTimer = setTimeout(() => { toast.classList.remove('on'); toast.textContent = ''; }, 1800);
  };
  const copyText = async (text) => {
    if (navigator.clipboard) return navigator.clipboard.writeText(text);
    // Sans https hors de cette machine, le presse-papiers moderne est refusé.
    const area = document.createElement('textarea');
    area.value = text;
    area.className = 'vh';
    document.body.append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    if (!done) throw new Error('copie refusée');
  };
  document.addEventListener('click', async (event) => {
    const button = event.target.closest('[data-copy]');
    if (!button) return;
    const wanted = button.dataset.copy;
    try {
      await copyText(wanted.startsWith('#') ? one(wanted).textContent : wanted);
      button.focus();
      button.classList.add('done');
      setTimeout(() => button.classList.remove('done'), 1800);
      say('Copié');
    } catch {
      say('Copie refusée par le navigateur : sélectionnez le texte');
    }
  });

  // Onglets : flèches, début, fin.
  all('[role=tablist]').forEach((list) => {
    const tabs = all('[role=tab]', list);
    const pick = (index, focus) => {
      tabs.forEach((tab, i) => {
        tab.setAttribute('aria-selected', i === index);
        tab.tabIndex = i === index ? 0 : -1;
        document.getElementById(tab.getAttribute('aria-controls')).hidden = i !== index;
      });
      if (focus) tabs[index].focus();
    };
    tabs.forEach((tab, i) => {
      tab.addEventListener('click', () => pick(i));
      tab.addEventListener('keydown', (event) => {
        const last = tabs.length - 1;
        const next = { ArrowRight: i < last ? i + 1 : 0, ArrowLeft: i ? i - 1 : last, Home: 0, End: last }[event.key];
        if (next !== undefined) { event.preventDefault(); pick(next, true); }
      });
    });
    pick(Math.max(0, tabs.findIndex((tab) => tab.getAttribute('aria-selected') === 'true')));
  });

  // Filtres : chaque mot tapé doit être dans la fiche ou la ligne.
  const plain = (text) => text.toLowerCase().replace(/’/g, "'").normalize('NFD').replace(/\p{M}|\s/gu, '');
  const field = one('[data-filter]');
  let kind = '';
  const filter = () => {
    if (!field) return;
    const wanted = field.value.split(/\s+/).filter(Boolean).map(plain);
    const number = plain(field.value);
    let shown = 0;
    const items = all(field.dataset.filter);
    items.forEach((item) => {
      const words = plain(item.dataset.words || '');
      const kept = (wanted.every((word) => words.includes(word)) || (/^\d+$/.test(number) && words.includes(number)))
        && (!kind || (item.dataset.kinds || '').split(' ').includes(kind));
      item.hidden = !kept;
      shown += kept;
    });
    const more = one('[data-more]');
    if (more) { more.open = more.open || wanted.length > 0; more.classList.toggle('searching', wanted.length > 0); }
    one('[data-nobody]').hidden = shown > 0;
  };
  if (field) field.addEventListener('input', filter);
  all('[data-only]').forEach((button, _, buttons) => button.addEventListener('click', () => {
    kind = button.dataset.only;
    buttons.forEach((other) => other.setAttribute('aria-pressed', other === button));
    filter();
  }));

  // La ligne courante du journal est visible dans sa liste.
  const chosen = one('.xlist [aria-current]');
  const before = chosen && chosen.parentElement.previousElementSibling;
  if (before) before.parentElement.scrollTop = before.offsetTop - before.parentElement.offsetTop;

  // Réinitialiser : la question est posée en toutes lettres.
  all('[data-open]').forEach((button) => button.addEventListener('click', () => one(button.dataset.open).showModal()));
  all('[data-close]').forEach((button) => button.addEventListener('click', () => button.closest('dialog').close()));
  all('[data-reset]').forEach((button) => button.addEventListener('click', async () => {
    const error = one('[data-reset-error]');
    error.hidden = true;
    try {
      const answer = await fetch(`${prefix}/sandbox/reset`, {
        method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{}',
      });
      if (!answer.ok) throw new Error(answer.status);
      location.reload();
    } catch (failure) {
      error.textContent = `Rien n’a été effacé : le bac à sable a répondu ${failure.message}.`;
      error.hidden = false;
    }
  }));

  // Retirer une panne simulée.
  all('[data-remove]').forEach((button) => button.addEventListener('click', async () => {
    const answer = await fetch(button.dataset.remove, { method: 'DELETE', headers: { 'Content-Type': 'application/json' } });
    if (answer.ok || answer.status === 404) location.reload();
    else say(`Panne gardée : le bac à sable a répondu ${answer.status}`);
  }));

  // Journal en direct : le flux prévient, les lignes sont relues telles que le serveur les écrit.
  const summary = one('[data-live-summary]'), state = one('[data-live-state]');
  const announce = one('[data-announce]'), suspend = one('[data-suspend]');
  const SOONEST = 400, RETRY = 4, ANNOUNCE = 5000, FRESH = 6000;
  let stream = null, suspended = false, missed = 0, timer = null, last = 0, countdown = null;

  const merge = (list, fresh) => {
    const known = new Map(all('li', list).map((item) => [item.dataset.id, item]));
    const wanted = all('li', fresh);
    const kept = new Set(wanted.map((item) => item.dataset.id));
    known.forEach((item, id) => { if (!kept.has(id) && !one('[aria-current]', item)) item.remove(); });
    let place = list.firstElementChild;
    wanted.forEach((item) => {
      const old = known.get(item.dataset.id);
      if (old) { place = old.nextElementSibling; return; }
      list.insertBefore(item, place);
      localise(item);
      if (!item.dataset.id) return;
      item.classList.add('new');
      setTimeout(() => item.classList.remove('new'), FRESH);
    });
    list.dataset.summary = fresh.dataset.summary;
  };
  const refresh = async () => {
    last = Date.now();
    timer = null;
    for (const list of all('[data-live]')) {
      const answer = await fetch(list.dataset.live);
      if (!answer.ok) return;
      const parsed = new DOMParser().parseFromString(await answer.text(), 'text/html');
      merge(list, one('[data-live]', parsed));
      if (!suspended) summary.textContent = list.dataset.summary;
    }
    filter();
  };
  const soon = () => {
    if (!timer) timer = setTimeout(() => refresh().catch(() => {}), Math.max(60, SOONEST - (Date.now() - last)));
  };

  let heard = 0, warned = 0, announceTimer = null;
  const tell = () => {
    announceTimer = null;
    announce.textContent = plural(heard, 'échange') + (warned ? `, dont ${warned} avec constat` : '');
    heard = warned = 0;
  };
  const hear = (entry) => {
    if (suspended) {
      missed += 1;
      summary.textContent = `Suspendu, ${plural(missed, 'échange')} depuis`;
      return;
    }
    heard += 1;
    warned += entry.findings.length > 0;
    announceTimer = announceTimer || setTimeout(tell, ANNOUNCE);
    soon();
  };

  const cut = () => {
    stream.close();
    stream = null;
    let left = RETRY;
    const tick = () => {
      if (!left) { clearInterval(countdown); countdown = null; connect(); return; }
      state.classList.add('cut');
      summary.textContent = `Lien coupé, nouvel essai dans ${left} s. Rien n’est perdu.`;
      left -= 1;
    };
    tick();
    countdown = setInterval(tick, 1000);
  };
  const connect = () => {
    stream = new EventSource(`${prefix}/sandbox/journal/stream`);
    stream.addEventListener('open', () => { state.classList.remove('cut'); if (!suspended) soon(); });
    stream.addEventListener('entry', (event) => hear(JSON.parse(event.data)));
    stream.addEventListener('gap', soon);
    stream.addEventListener('error', cut);
  };
  // Une page cachée libère sa connexion : le navigateur n'en ouvre que six par adresse.
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) { if (!stream && !countdown) connect(); return; }
    clearInterval(countdown);
    countdown = null;
    if (stream) stream.close();
    stream = null;
  });
  addEventListener('pagehide', () => { if (stream) stream.close(); });

  suspend.hidden = false;
  suspend.addEventListener('click', () => {
    suspended = !suspended;
    missed = 0;
    suspend.setAttribute('aria-pressed', suspended);
    one('.lbl', suspend).textContent = suspended ? 'Reprendre' : 'Suspendre';
    one('use', suspend).setAttribute('href', suspended ? '#i-play' : '#i-pause');
    state.classList.toggle('paused', suspended);
    if (suspended) summary.textContent = 'Suspendu'; else soon();
  });
  connect();
})();
