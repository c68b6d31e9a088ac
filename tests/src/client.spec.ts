import { ApiError, Client } from '../../src/client';
import { list, operation, snapshot, status } from './records';
import { type Answer, trans, Wire } from './wire';

function client(answer: Answer): [Client, Wire] {
  const wire = new Wire(() => answer);
  return [new Client(wire.settings, trans), wire];
}

async function refusal(answer: Answer): Promise<ApiError> {
  const [asking] = client(answer);
  const error: unknown = await asking.status(0).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(ApiError);
  return error as ApiError;
}

describe('every request', () => {
  it('goes below the base URL and says that it is no sign of use', async () => {
    const [asking, wire] = client({ body: status() });

    await asking.status(7);

    expect(wire.asked[0]).toMatchObject({
      method: 'GET',
      path: '/notebook/ns/nb/kfnb/v1/status',
      query: { since: '7', no_track_activity: '1' }
    });
  });

  it('is one of the contract', async () => {
    const [asking, wire] = client({ status: 202, body: operation() });
    const one = snapshot({ id: 'a.b-c' });

    await asking.snapshots();
    await asking.create({ name: 'x' });
    await asking.files(one, 'a folder/ü');
    await asking.verify(one);
    await asking.delete(one);
    await asking.preview({ snapshot: 's1', exact: true });
    await asking.restore({ snapshot: 's1', paths: ['a'] });
    await asking.undo('r1', { unguarded: false });
    await asking.cancel('o1');

    const paths = wire.asked.map(({ method, path }) => `${method} ${path.split('/v1/')[1]}`);
    expect(paths).toEqual([
      'GET snapshots',
      'POST snapshots',
      'GET snapshots/local/a.b-c/files',
      'POST snapshots/local/a.b-c/verify',
      'DELETE snapshots/local/a.b-c',
      'POST restores/preview',
      'POST restores',
      'POST restores/r1/undo',
      'DELETE operations/o1'
    ]);
    expect(wire.asked[2]?.query.path).toBe('a folder/ü');
    expect(wire.asked[5]?.body).toEqual({ snapshot: 's1', exact: true });
    expect(wire.asked.every(asked => asked.query.no_track_activity === '1')).toBe(true);
  });

  it('also the link to a file', () => {
    const [asking] = client({ body: list() });
    const url = new URL(asking.contentUrl(snapshot(), 'a b.txt'));

    expect(url.pathname).toBe('/notebook/ns/nb/kfnb/v1/snapshots/local/s1/content');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      path: 'a b.txt',
      no_track_activity: '1'
    });
  });
});

describe('what goes wrong', () => {
  it('is told in the words of the server', async () => {
    const error = await refusal({
      status: 507,
      body: { message: 'No room: 1 GiB is needed.', hint: 'Delete a snapshot.' }
    });

    expect(error).toMatchObject({
      status: 507,
      message: 'No room: 1 GiB is needed.',
      hint: 'Delete a snapshot.',
      passing: false
    });
  });

  it('passes by itself when the server is away', async () => {
    expect(await refusal('no answer')).toMatchObject({ status: 0, passing: true });
    expect(await refusal({ status: 503, text: '<html>' })).toMatchObject({ passing: true });
  });

  it('is a missing server part when the page is not known', async () => {
    const error = await refusal({ status: 404, text: '<html>' });

    expect(error.message).toContain('server part');
    expect(error.hint).toContain('jupyter server extension list');
  });

  it('is never a bare status without a sentence', async () => {
    expect((await refusal({ status: 500, text: '' })).message).toContain('500');
    expect((await refusal({ status: 400, body: { message: '' } })).message).toContain('400');
  });
});
