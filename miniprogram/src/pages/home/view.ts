// What the first page shows, from the one answer it is made of.

import type { Home } from '../../api/owner';
import { groups, rowOf, ticked, type Group, type Row } from '../../bills/rows';
import { yuan } from '../../words/money';

export interface Place {
  project: string;
  name: string;
  phone: string;
}

export interface Claim {
  id: string;
  words: string;
}

export interface HomeShown {
  /** `stranger`: no house yet. `clear`: nothing is owed. `away`: the community cannot be reached now. */
  state: 'stranger' | 'clear' | 'bills' | 'away';
  /** Owed in all communities. */
  owed: string;
  places: Place[];
  /** The community that is shown. */
  place: Place;
  rows: Row[];
  groups: Group[];
  /** Bills that are owed but not on the page. */
  hidden: number;
  /** Claims that wait, or were refused. */
  claims: Claim[];
}

const NOWHERE: Place = { project: '', name: '', phone: '' };
const TOLD = ['pending', 'refused'];

export function homeView(home: Home, unticked: ReadonlySet<string>, wanted: string): HomeShown {
  const places = home.communities.map(({ project_id, name, service_phone }) => ({ project: project_id, name, phone: service_phone }));
  const at = Math.max(0, places.findIndex((place) => place.project === wanted));
  const open = home.communities[at]?.open;
  const rows = ticked((open?.bills ?? []).filter((bill) => bill.open_fen > 0).map(rowOf), unticked);
  const claims = home.houses.filter((house) => TOLD.includes(house.state)).map((house) => ({
    id: house.id, words: `${house.project_name} ${house.house ?? ''}：${house.words}`,
  }));
  const reached = rows.length > 0 ? 'bills' : 'clear';
  return {
    state: places.length === 0 ? 'stranger' : open ? reached : 'away',
    owed: yuan(home.owed_fen),
    places,
    place: places[at] ?? NOWHERE,
    rows,
    groups: groups(rows),
    hidden: Math.max(0, (open?.totals.count ?? 0) - (open?.bills.length ?? 0)),
    claims,
  };
}
