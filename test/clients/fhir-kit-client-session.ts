/**
 * What a program does with fhir-kit-client, told on standard output as one JSON object; fhir-kit-client.test.ts says what it has to be.
 * A process of its own, as Node reads the certificates that it trusts at start (NODE_EXTRA_CA_CERTS).
 */
import { text } from 'node:stream/consumers';
import { Client, type FhirResource } from 'fhir-kit-client';

interface Given {
  readonly base: string;
  readonly authorization?: string;
  readonly oauth?: { readonly url: string; readonly client: string; readonly secret: string };
  readonly createByQuery: boolean;
  readonly deletes: boolean;
  readonly patch: boolean;
}

interface Entry {
  readonly resource: FhirResource;
  readonly response: { readonly status: string; readonly location?: string };
}

const MRN = 'https://example.org/mrn';
const HEADERS = { 'Content-Type': 'application/fhir+json' };

function aPatient(family: string, birthDate: string): FhirResource {
  return { resourceType: 'Patient', identifier: [{ system: MRN, value: family }], name: [{ family }], birthDate };
}

async function connect({ base, authorization, oauth }: Given): Promise<Client> {
  if (oauth === undefined) return new Client({ baseUrl: base, customHeaders: { Authorization: authorization ?? '' } });
  const client = new Client({ baseUrl: base });
  const { tokenUrl } = await client.smartAuthMetadata();
  if (tokenUrl?.href !== oauth.url) throw new Error(`The token endpoint is ${tokenUrl?.href}, not ${oauth.url}`);
  const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: oauth.client, client_secret: oauth.secret });
  const answer = (await (await fetch(tokenUrl, { method: 'POST', body })).json()) as { readonly access_token: string };
  client.bearerToken = answer.access_token;
  return client;
}

function entriesOf(bundle: FhirResource): readonly Entry[] {
  return (bundle['entry'] ?? []) as readonly Entry[];
}

function families(bundle: FhirResource): readonly string[] {
  return entriesOf(bundle).map(({ resource }) => (resource['name'] as [{ family: string }])[0].family);
}

/** Status of the refusal, and the codes of its OperationOutcome. */
async function refusal(call: Promise<unknown>): Promise<unknown> {
  try {
    await call;
    return undefined;
  } catch (error) {
    const { response } = error as { readonly response?: { readonly status: number; readonly data: FhirResource } };
    if (response === undefined) throw error;
    return [response.status, (response.data['issue'] as { severity: string; code: string }[]).map(({ code }) => code)];
  }
}

function statusOf(resource: FhirResource): number | undefined {
  return Client.httpFor(resource).response?.status;
}

async function session(given: Given): Promise<Readonly<Record<string, unknown>>> {
  const client = await connect(given);
  const resourceType = 'Patient';
  const said: Record<string, unknown> = {};
  said['statement'] = (await client.capabilityStatement())['fhirVersion'];

  const created: FhirResource[] = [];
  for (const [family, birthDate] of [
    ['Ngata', '1990-05-01'],
    ['Chalmers', '1974-12-25'],
    ['Smith', '2001-02-03'],
  ] as const) {
    created.push(await client.create({ resourceType, body: aPatient(family, birthDate) }));
  }
  const [ngata] = created as [FhirResource];
  const id = String(ngata['id']);
  said['read'] = (await client.read({ resourceType, id }))['birthDate'];
  said['resolved'] = (await client.resolve({ reference: `Patient/${id}` }))['id'] === id;
  said['sorted'] = families(await client.search({ resourceType, searchParams: { _sort: '-birthdate' } }));
  said['by form'] = families(
    await client.search({ resourceType, searchParams: { birthdate: ['ge1980', 'lt2000'] }, options: { postSearch: true } }),
  );
  const pages: string[] = [];
  let page: FhirResource | undefined = await client.search({ resourceType, searchParams: { _sort: 'birthdate', _count: 2 } });
  while (page !== undefined) {
    pages.push(families(page).join(' '));
    page = await client.nextPage({ bundle: page as Parameters<Client['nextPage']>[0]['bundle'] });
  }
  said['paged'] = pages;

  const updated = await client.update({ resourceType, id, body: { ...ngata, birthDate: '1990-05-02' } });
  said['updated'] = (updated['meta'] as { versionId: string }).versionId;
  const stale = client.update({ resourceType, id, body: ngata, options: { headers: { 'If-Match': 'W/"1"' } } });
  said['stale'] = await refusal(stale);
  said['first version'] = (await client.vread({ resourceType, id, version: '1' }))['birthDate'];

  const once = { resourceType, body: aPatient('Once', '2000-01-01'), options: { headers: { 'If-None-Exist': `identifier=${MRN}|Once` } } };
  said['created once'] = [statusOf(await client.create(once)), statusOf(await client.create(once))];
  const byQuery = client.request(`Patient?identifier=${encodeURIComponent(`${MRN}|Once`)}`, {
    method: 'POST',
    body: aPatient('Once', '2000-01-01'),
    options: { headers: HEADERS },
  });
  said['created by query'] = given.createByQuery ? statusOf(await byQuery) : await refusal(byQuery);

  const entry = (family: string, gender: string) => ({
    resource: { ...aPatient(family, '1999-09-09'), gender },
    request: { method: 'POST', url: 'Patient' },
  });
  const bundle = (type: string, gender: string): FhirResource => ({
    resourceType: 'Bundle',
    type,
    entry: [entry('One', 'female'), entry('Two', gender)],
  });
  const statuses = (answer: FhirResource): readonly string[] => entriesOf(answer).map(({ response }) => response.status.slice(0, 3));
  said['transaction'] = statuses(await client.transaction({ body: bundle('transaction', 'male') }));
  said['faulty transaction'] = await refusal(client.transaction({ body: bundle('transaction', 'unheard-of') }));
  said['batch'] = statuses(await client.batch({ body: bundle('batch', 'unheard-of') }));
  said['invalid'] = await refusal(client.create({ resourceType, body: { ...aPatient('A', '2000-01-01'), gender: 'unheard-of' } }));
  said['unknown parameter'] = await refusal(client.search({ resourceType, searchParams: { 'unheard-of': 1 } }));

  if (given.patch) {
    const patched = await client.patch({ resourceType, id, jsonPatch: [{ op: 'replace', path: '/birthDate', value: '1990-05-03' }] });
    said['patched'] = patched['birthDate'];
  }
  if (given.deletes) {
    said['deleted'] = statusOf(await client.delete({ resourceType, id }));
    said['gone'] = await refusal(client.read({ resourceType, id }));
    said['history'] = entriesOf(await client.history({ resourceType, id })).length;
    const system = await client.search({ searchParams: { _type: 'Patient', identifier: `${MRN}|Smith` } });
    said['in the system'] = families(system);
    const checked = await client.operation({ name: 'validate', resourceType, input: aPatient('B', '2025-02-30') });
    said['validated'] = (checked['issue'] as { severity: string }[]).some(({ severity }) => severity === 'error');
  }
  return said;
}

process.stdout.write(JSON.stringify(await session(JSON.parse(await text(process.stdin)) as Given)));
