/** What many rooms ask of the project, asked once for each project. */

import { api, told, type Schemas } from '../api/client';
import { useSession } from '../session';
import { useLoad } from './load';

/** `params` of a call about the project one is in. */
export function here(): { project: string } {
  return { project: useSession().projectId };
}

export function useBuildings() {
  const path = here();
  return useLoad((signal) => told(api.GET('/api/staff/v1/projects/{project}/buildings', { params: { path }, signal })));
}

export function useFeeItems() {
  const path = here();
  return useLoad<Schemas['FeeItemView'][]>((signal) => told(api.GET('/api/staff/v1/projects/{project}/fee-items', { params: { path }, signal })));
}
