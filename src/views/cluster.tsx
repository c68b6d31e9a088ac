/** Where this notebook lives, what may be done from it, and what the namespace has left. */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { ApiError } from '../client';
import type { Ability, Cluster, Kept, Mounted, Place } from '../contract';
import * as units from '../units';
import { Words } from './code';
import { Copy } from './copy';
import { KeptView } from './kept';
import { Left } from './quotas';
import { Reason } from './reason';
import { Role } from './role';

export interface ClusterProps {
  found: Cluster | null;
  failure: ApiError | null;
  asking: boolean;
  now: string;
  open: () => void;
  refresh: () => void;
  /** Lets go what a restore left behind, after a question. */
  release?: (kept: Kept) => void;
  trans: TranslationBundle;
}

export function ClusterView(props: ClusterProps): JSX.Element {
  const { found, failure, asking, now, open, refresh, release, trans } = props;
  // Drawn means opened: a closed section draws nothing.
  React.useEffect(open, [open]);
  const taken = found ? trans.__('As of %1.', units.moment(found.taken, now)) : '';
  return (
    <>
      {failure ? <Reason reason={failure.message} hint={failure.hint} alert /> : null}
      {found ? <Found found={found} release={release} trans={trans} /> : null}
      <div className="kfnb-Row">
        <span className="kfnb-Note kfnb-Row-grow" role="status">
          {asking ? trans.__('Asking the cluster…') : taken}
        </span>
        <button type="button" className="kfnb-Button" onClick={refresh} disabled={asking}>
          {trans.__('Ask again')}
        </button>
      </div>
    </>
  );
}

type FoundProps = Pick<ClusterProps, 'release' | 'trans'> & { found: Cluster };

function Found({ found, release, trans }: FoundProps): JSX.Element {
  const { place, abilities, quotas, role, notes } = found;
  const here = place.platform !== 'none';
  return (
    <>
      {notes.map(note => (
        <p key={note} className={here ? 'kfnb-Level' : 'kfnb-Note'}>
          <Words text={note} />
        </p>
      ))}
      {here ? (
        <>
          <Where place={place} trans={trans} />
          <Claims mounted={place.mounted} trans={trans} />
          <Abilities abilities={abilities} trans={trans} />
          {role ? (
            <Role role={role} summary={trans.__('The role for the administrator')} trans={trans} />
          ) : null}
          <Left quotas={quotas} trans={trans} />
          {release ? <KeptView kept={found.kept} onRelease={release} trans={trans} /> : null}
        </>
      ) : null}
    </>
  );
}

function Where({ place, trans }: { place: Place; trans: TranslationBundle }): JSX.Element {
  const rows: [string, string | undefined][] = [
    [trans.__('Platform'), platform(place, trans)],
    [trans.__('Namespace'), place.namespace],
    [trans.__('Notebook'), place.notebook],
    [trans.__('Node'), place.node],
    [trans.__('Account'), place.service_account]
  ];
  return (
    <dl className="kfnb-Facts kfnb-Where">
      {rows.map(([name, value]) =>
        value ? (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ) : null
      )}
      {place.image || place.digest ? <Image place={place} trans={trans} /> : null}
    </dl>
  );
}

/** The image in short; what is copied is what brings exactly this one back. */
function Image({ place, trans }: { place: Place; trans: TranslationBundle }): JSX.Element {
  const { image, digest } = place;
  const whole = digest || image;
  const short = image.slice(image.lastIndexOf('/') + 1) || whole;
  const sum = digest.slice(digest.indexOf('sha256:') + 7).slice(0, 12);
  return (
    <div>
      <dt>{trans.__('Image')}</dt>
      <dd>
        <span title={whole}>{sum ? `${short} (${sum}…)` : short}</span>{' '}
        <Copy text={whole} label={trans.__('Copy the image')} trans={trans} />
      </dd>
    </div>
  );
}

function platform({ platform }: Place, trans: TranslationBundle): string {
  return {
    kubeflow: trans.__('Kubeflow'),
    openshift: trans.__('OpenShift AI'),
    workspaces: trans.__('Kubeflow Notebooks 2.0'),
    hub: trans.__('JupyterHub'),
    pod: trans.__('a pod of its own'),
    none: ''
  }[platform];
}

interface ClaimsProps {
  mounted: readonly Mounted[];
  trans: TranslationBundle;
}

function Claims({ mounted, trans }: ClaimsProps): JSX.Element | null {
  return mounted.length ? (
    <ul className="kfnb-List">
      {mounted.map(one => (
        <li key={one.mount + one.claim.name}>
          <h4>{one.claim.name}</h4>
          {sentences(one, trans).map(text => (
            <p key={text} className="kfnb-Note">
              {text}
            </p>
          ))}
        </li>
      ))}
    </ul>
  ) : null;
}

function sentences(one: Mounted, trans: TranslationBundle): string[] {
  const { claim, mount, workspace, read_only } = one;
  const { capacity, requested, storage_class, access_modes, phase, going, resizing } = claim;
  const size = capacity ?? requested;
  const asked =
    requested !== null && capacity !== null && requested !== capacity
      ? trans.__('asked for %1', units.bytes(requested))
      : '';
  const figures = [
    size === null ? trans.__('size unknown') : units.bytes(size),
    asked,
    storage_class ? trans.__('class %1', storage_class) : '',
    access_modes.map(short).join(', ')
  ];
  return [
    mount ? trans.__('At %1', mount) + (workspace ? trans.__(', holds the workspace') : '') : '',
    figures.filter(Boolean).join(' · '),
    read_only ? trans.__('Read-only.') : '',
    phase === 'Bound' ? '' : trans.__('It is %1.', phase),
    going ? trans.__('It is being deleted.') : '',
    resizing
  ].filter(Boolean);
}

/** ReadWriteOnce -> RWO, as kubectl has it. */
function short(mode: string): string {
  return mode.replace(/[a-z]/g, '');
}

interface AbilitiesProps {
  abilities: readonly Ability[];
  trans: TranslationBundle;
}

function Abilities({ abilities, trans }: AbilitiesProps): JSX.Element {
  const may = abilities.filter(one => one.allowed);
  const rest = abilities.filter(one => !one.allowed);
  return (
    <>
      {rest.map(one => (
        <div key={one.name} className="kfnb-Level">
          <p>
            <Words text={one.text} />
          </p>
          {one.hint ? (
            <p className="kfnb-Note">
              <Words text={one.hint} />
            </p>
          ) : null}
        </div>
      ))}
      {may.length ? (
        <details>
          <summary>{trans.__('What you can do (%1)', may.length)}</summary>
          <ul className="kfnb-May">
            {may.map(one => (
              <li key={one.name}>{one.text}</li>
            ))}
          </ul>
        </details>
      ) : null}
    </>
  );
}
