/** Who is signed in, what they may do, and in which project they are. */

import { defineStore } from 'pinia';
import { computed, ref } from 'vue';
import { api, told, whenSignedOut, type Schemas } from './api/client';

/** The project somebody was in last, on this machine. */
const LAST_PROJECT = 'linli.project';
/** Who signed in, for as long as the tab is open: a screen that locks asks for the password alone. */
const LOGIN = 'linli.login';

export type Need = { project?: string; company?: string };

export const useSession = defineStore('session', () => {
  const me = ref<Schemas['Me']>();
  const projects = ref<Schemas['StaffProjectView'][]>([]);
  const projectId = ref(localStorage.getItem(LAST_PROJECT) ?? '');
  const login = ref(sessionStorage.getItem(LOGIN) ?? '');
  /** Why the screen is covered, when it is. */
  const locked = ref('');
  /** Counts sign-ins: what failed for want of one is asked again. */
  const epoch = ref(0);

  const project = computed(() => projects.value.find((one) => one.project_id === projectId.value));
  const today = computed(() => me.value?.now ?? new Date().toISOString());

  /** Whether a permission is held, in this project or in the whole company. */
  function may(need: Need): boolean {
    if (need.company) return me.value?.permissions.includes(need.company) ?? false;
    return !need.project || (project.value?.permissions.includes(need.project) ?? false);
  }

  /** Reads who is signed in. */
  async function load(): Promise<void> {
    const [who, where] = await Promise.all([
      told(api.GET('/api/staff/v1/me')), told(api.GET('/api/staff/v1/projects')),
    ]);
    me.value = who;
    projects.value = where;
    const first = where[0]?.project_id ?? '';
    if (!project.value) projectId.value = first;
    locked.value = '';
    epoch.value += 1;
  }

  async function signIn(as: string, password: string): Promise<void> {
    const before = me.value?.staff_id;
    const header = { 'x-linli-console': '1' };
    const signedIn = await told(api.POST('/api/staff/v1/console/sessions', { params: { header }, body: { login: as, password } }));
    login.value = as;
    sessionStorage.setItem(LOGIN, as);
    // Somebody else's half-filled forms are none of the next one's business.
    if (before && before !== signedIn.staff_id) {
      location.reload();
      return;
    }
    await load();
  }

  /** Ends the session on the server; the page stays, covered, for the same person to go on. */
  async function lock(why: string): Promise<void> {
    if (!me.value || locked.value) return;
    locked.value = why;
    await api.DELETE('/api/staff/v1/sessions/current').catch(() => undefined);
  }

  async function signOut(): Promise<void> {
    await told(api.DELETE('/api/staff/v1/sessions/current'));
    sessionStorage.removeItem(LOGIN);
    location.assign('/console/');
  }

  function choose(id: string): void {
    projectId.value = id;
    localStorage.setItem(LAST_PROJECT, id);
  }

  whenSignedOut(() => { if (me.value && !locked.value) locked.value = '登录已过期，请重新登录后继续；已填写的内容还在。'; });

  return { me, projects, project, projectId, login, locked, epoch, today, may, load, signIn, signOut, lock, choose };
});
