/** The rooms, who may enter them, and their addresses. */

import { Bell, Document, HomeFilled, House, List, Setting, Timer, UserFilled, Wallet } from '@element-plus/icons-vue';
import type { Component } from 'vue';
import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router';
import { useSession, type Need } from './session';

declare module 'vue-router' {
  interface RouteMeta { need?: Need; title?: string }
}

export interface Room { path: string; title: string; icon: Component; need: Need }

/** What the menu shows to those who may. */
export const rooms: Room[] = [
  { path: '/', title: '工作台', icon: HomeFilled, need: {} },
  { path: '/reminders', title: '催缴', icon: Bell, need: { project: 'reminders.view' } },
  { path: '/bills', title: '账单', icon: Document, need: { project: 'bills.view' } },
  { path: '/houses', title: '房屋与住户', icon: House, need: { project: 'houses.view' } },
  { path: '/payments', title: '收款', icon: Wallet, need: { project: 'payments.view' } },
  { path: '/jobs', title: '任务与健康', icon: Timer, need: { project: 'jobs.view' } },
  { path: '/audit', title: '操作记录', icon: List, need: { project: 'audit.view' } },
  { path: '/staff', title: '员工与角色', icon: UserFilled, need: { company: 'staff.manage' } },
  { path: '/settings', title: '设置', icon: Setting, need: {} },
];

const reminders = () => import('./rooms/reminders/RemindersRoom.vue');
const houses = () => import('./rooms/houses/HousesRoom.vue');

const routes: RouteRecordRaw[] = [
  { path: '/', name: 'today', component: () => import('./rooms/TodayRoom.vue'), meta: { title: '工作台' } },
  {
    path: '/reminders', component: reminders, meta: { need: { project: 'reminders.view' } },
    children: [
      { path: '', name: 'reminders', component: () => import('./rooms/reminders/HistoryList.vue'), meta: { title: '催缴记录' } },
      { path: 'preview', name: 'preview', component: () => import('./rooms/reminders/NowPreview.vue'), meta: { title: '即将发送', need: { project: 'reminders.manage' } } },
      { path: 'policy', name: 'policy', component: () => import('./rooms/reminders/PolicyEditor.vue'), meta: { title: '提醒策略' } },
      { path: 'campaigns', name: 'campaigns', component: () => import('./rooms/reminders/CampaignList.vue'), meta: { title: '群发' } },
      { path: 'campaigns/new', name: 'campaign-new', component: () => import('./rooms/reminders/CampaignNew.vue'), meta: { title: '新建群发', need: { project: 'reminders.direct' } } },
      { path: 'campaigns/:no(\\d+)', name: 'campaign', component: () => import('./rooms/reminders/CampaignOne.vue'), meta: { title: '群发' } },
      { path: 'effect', name: 'effect', component: () => import('./rooms/reminders/EffectPage.vue'), meta: { title: '催缴效果' } },
      { path: 'pauses', name: 'pauses', component: () => import('./rooms/reminders/PauseList.vue'), meta: { title: '暂停' } },
    ],
  },
  { path: '/bills', name: 'bills', component: () => import('./rooms/bills/RunsRoom.vue'), meta: { title: '账单', need: { project: 'bills.view' } } },
  { path: '/bills/:bill', name: 'bill', component: () => import('./rooms/bills/BillRoom.vue'), meta: { title: '账单详情', need: { project: 'bills.view' } } },
  {
    path: '/houses', component: houses, meta: { need: { project: 'houses.view' } },
    children: [
      { path: '', name: 'houses', component: () => import('./rooms/houses/HouseList.vue'), meta: { title: '房屋与住户' } },
      { path: 'import', name: 'import', component: () => import('./rooms/houses/ImportWizard.vue'), meta: { title: '导入房屋资料', need: { project: 'houses.manage' } } },
      { path: 'claims', name: 'claims', component: () => import('./rooms/houses/ClaimList.vue'), meta: { title: '绑定申请', need: { project: 'bindings.manage' } } },
    ],
  },
  { path: '/houses/:house', name: 'house', component: () => import('./rooms/houses/HouseRoom.vue'), meta: { title: '房屋', need: { project: 'houses.view' } } },
  { path: '/payments', name: 'payments', component: () => import('./rooms/payments/OrdersRoom.vue'), meta: { title: '收款', need: { project: 'payments.view' } } },
  { path: '/jobs', name: 'jobs', component: () => import('./rooms/JobsRoom.vue'), meta: { title: '任务与健康', need: { project: 'jobs.view' } } },
  { path: '/audit', name: 'audit', component: () => import('./rooms/AuditRoom.vue'), meta: { title: '操作记录', need: { project: 'audit.view' } } },
  { path: '/staff', name: 'staff', component: () => import('./rooms/StaffRoom.vue'), meta: { title: '员工与角色', need: { company: 'staff.manage' } } },
  { path: '/settings', name: 'settings', component: () => import('./rooms/SettingsRoom.vue'), meta: { title: '设置' } },
  { path: '/forbidden', name: 'forbidden', component: () => import('./rooms/ForbiddenRoom.vue'), meta: { title: '没有权限' } },
  { path: '/:rest(.*)*', name: 'nowhere', component: () => import('./rooms/NowhereRoom.vue'), meta: { title: '没有这个页面' } },
];

export const router = createRouter({ history: createWebHistory('/console/'), routes, scrollBehavior: (_, __, kept) => kept ?? { top: 0 } });

/** The screen hides what the API forbids; the API is what decides. */
export function isForbidden(needs: (Need | undefined)[]): boolean {
  const session = useSession();
  return !!session.me && needs.some((need) => need && !session.may(need));
}
router.beforeEach((to) => {
  if (isForbidden(to.matched.map((one) => one.meta.need))) return { name: 'forbidden', query: { wanted: to.path }, replace: true };
  document.title = `${to.meta.title ?? ''} · 邻里物业`;
  return true;
});
