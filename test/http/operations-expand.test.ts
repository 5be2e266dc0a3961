/** ValueSet/$expand: https://hl7.org/fhir/R4/valueset-operation-expand.html */
import { expect } from 'chai';
import type { ValueSet } from 'fhir/r4.js';
import type { JsonObject } from '../../src/fhir/json.js';
import { aBundle, anEntry } from '../support/resources.js';
import { ACT_CODES, aValueSet, codesOf, expectFaults, GENDER, GENDERS, parameters, SNOMED } from '../support/terminology-answers.js';
import { type Answer, describeServer } from '../support/test-server.js';

const animals: JsonObject = { resourceType: 'CodeSystem', url: 'http://example.org/animals', status: 'active', content: 'complete' };

describeServer('ValueSet/$expand', (server) => {
  const expand = (query: string): Promise<Answer> => server().get(`/r4/ValueSet/$expand?${query}`);

  it('lists the codes of a loaded value set, as a ValueSet that is valid', async () => {
    const answer = await expand(`url=${GENDER}`);
    expect(codesOf(answer)).to.deep.equal(['male', 'female', 'other', 'unknown']);
    const { expansion, compose, ...rest } = answer.json as unknown as ValueSet;
    expect(rest).to.include({ resourceType: 'ValueSet', url: GENDER, version: '4.0.1' });
    expect(compose).to.equal(undefined);
    expect(expansion).to.include({ total: 4, timestamp: new Date(server().clock.now).toISOString() });
    expect(expansion?.parameter).to.deep.equal([{ name: 'version', valueUri: `${GENDERS}|4.0.1` }]);
    expect(expansion?.contains?.[0]).to.deep.equal({ system: GENDERS, version: '4.0.1', code: 'male', display: 'Male' });
    const { issues } = await server().post('/r4/ValueSet/$validate', answer.json);
    expect(issues.filter(({ severity }) => severity === 'error')).to.deep.equal([]);
  });

  it('takes url with version, valueSetVersion, context, and a posted value set, bare or in Parameters', async () => {
    const genders = ['male', 'female', 'other', 'unknown'];
    expect(codesOf(await expand(`url=${GENDER}|4.0.1`))).to.deep.equal(genders);
    expect(codesOf(await expand(`url=${GENDER}&valueSetVersion=4.0.1`))).to.deep.equal(genders);
    expect(
      codesOf(await expand(`context=${encodeURIComponent('http://hl7.org/fhir/StructureDefinition/Patient#Patient.gender')}`)),
    ).to.deep.equal(genders);
    const posted = aValueSet({ valueSet: [GENDER] });
    expect(codesOf(await server().post('/r4/ValueSet/$expand', posted))).to.deep.equal(genders);
    const body = parameters(
      { name: 'valueSet', resource: posted },
      { name: 'filter', valueString: 'MALE' },
      { name: 'count', valueInteger: 1 },
    );
    const answer = await server().post('/r4/ValueSet/$expand', body);
    expect(codesOf(answer)).to.deep.equal(['male']);
    expect((answer.json as unknown as ValueSet).expansion).to.include({ total: 2, offset: 0 });
  });

  it('goes on page by page, and tells the total alone', async () => {
    const url = 'http://terminology.hl7.org/ValueSet/v3-ActCode';
    const whole = codesOf(await expand(`url=${url}`));
    const found: unknown[] = [];
    for (let offset = 0; offset < whole.length; offset += 500)
      found.push(...codesOf(await expand(`url=${url}&offset=${offset}&count=500`)));
    expect(whole.length).to.be.greaterThan(1000);
    expect(found).to.deep.equal(whole);
    const counted = await expand(`url=${url}&count=0`);
    expect(codesOf(counted)).to.deep.equal([]);
    expect((counted.json as unknown as ValueSet).expansion?.total).to.equal(whole.length);
    expect(codesOf(await expand(`url=${url}&offset=100000`))).to.deep.equal([]);
  });

  it('expands a stored value set, and one that names a value set of HL7 that nobody wrote', async () => {
    const { json } = await server().post('/r4/ValueSet', aValueSet({ system: GENDERS, concept: [{ code: 'other' }] }));
    const answer = await server().get(`/r4/ValueSet/${String(json['id'])}/$expand?includeDefinition=true`);
    expect(codesOf(answer)).to.deep.equal(['other']);
    expect(answer.json).to.have.property('compose');
    expect(
      codesOf(await server().post(`/r4/ValueSet/${String(json['id'])}/$expand`, parameters({ name: 'filter', valueString: 'x' }))),
    ).to.deep.equal([]);
    expect((await server().get(`/r4/ValueSet/${String(json['id'])}/$expand?url=${GENDER}`)).status).to.equal(400);
  });

  it('tells designations, the display in a language, and what is abstract or retired', async () => {
    const url = 'http://hl7.org/fhir/ValueSet/v3-ActMoodPredicate';
    const moods = await expand(`url=http://hl7.org/fhir/ValueSet/inactive`);
    const retired = (moods.json as unknown as ValueSet).expansion?.contains?.find(({ code }) => code === 'GOL.CRT');
    expect(retired, url).to.include({ inactive: true });
    expect(codesOf(await expand('url=http://hl7.org/fhir/ValueSet/inactive&activeOnly=true')))
      .to.include('GOL')
      .and.not.include('GOL.CRT');

    const listed = aValueSet({
      system: GENDERS,
      concept: [
        {
          code: 'male',
          designation: [
            { language: 'mi', value: 'Tāne' },
            { language: 'de', value: 'Mann' },
          ],
        },
      ],
    });
    const ask = async (...more: JsonObject[]): Promise<unknown> => {
      const { json } = await server().post('/r4/ValueSet/$expand', parameters({ name: 'valueSet', resource: listed }, ...more));
      const { display, designation } = (json as unknown as ValueSet).expansion?.contains?.[0] ?? {};
      return [display, ...(designation ?? []).map(({ value }) => value)];
    };
    expect(await ask()).to.deep.equal(['Male']);
    expect(await ask({ name: 'displayLanguage', valueCode: 'mi' })).to.deep.equal(['Tāne']);
    expect(await ask({ name: 'displayLanguage', valueCode: 'en-NZ' })).to.deep.equal(['Male']);
    expect(await ask({ name: 'includeDesignations', valueBoolean: true })).to.deep.equal(['Male', 'Tāne', 'Mann']);
    const german = { name: 'designation', valueString: 'urn:ietf:bcp:47|de' };
    expect(await ask({ name: 'includeDesignations', valueBoolean: true }, german)).to.deep.equal(['Male', 'Mann']);
    expect(await ask({ name: 'filter', valueString: 'tane' })).to.deep.equal(['Male']);
  });

  it('lists flat, or as a tree where it is asked for', async () => {
    const posted = aValueSet({ system: ACT_CODES, filter: [{ property: 'concept', op: 'is-a', value: '_ActEncounterCode' }] });
    const flat = codesOf(await server().post('/r4/ValueSet/$expand', posted));
    expect(flat).to.include.members(['_ActEncounterCode', 'AMB', 'ACUTE']);
    const body = parameters({ name: 'valueSet', resource: posted }, { name: 'excludeNested', valueBoolean: false });
    const { expansion } = (await server().post('/r4/ValueSet/$expand', body)).json as unknown as ValueSet;
    expect(expansion?.contains?.map(({ code }) => code)).to.deep.equal(['_ActEncounterCode']);
    const below = expansion?.contains?.[0]?.contains ?? [];
    expect(below.find(({ code }) => code === 'IMP')?.contains?.map(({ code }) => code)).to.include('ACUTE');
    expect(expansion?.total).to.equal(flat.length);
  });

  it('says what cannot be expanded, and what is too much', async () => {
    const many = Array.from({ length: 10_001 }, (_, index) => ({ code: `c${index}` }));
    const large = aValueSet({ system: 'http://example.org/large', concept: many });
    await expectFaults(server(), [
      [
        'ValueSet/$expand',
        aValueSet({ system: SNOMED, filter: [{ property: 'concept', op: 'is-a', value: '73211009' }] }),
        422,
        `${SNOMED} is not loaded`,
      ],
      ['ValueSet/$expand?url=http://snomed.info/sct?fhir_vs', undefined, 422, SNOMED],
      ['ValueSet/$expand', aValueSet({ system: 'http://unitsofmeasure.org' }), 422, 'follow a rule'],
      ['ValueSet/$expand', large, 422, '10001 codes'],
      ['ValueSet/$expand', aValueSet({ system: GENDERS, filter: [{ property: 'colour', op: '=', value: 'red' }] }), 422, 'colour'],
    ]);
    const page = await server().post(
      '/r4/ValueSet/$expand',
      parameters({ name: 'valueSet', resource: large }, { name: 'count', valueInteger: 2 }),
    );
    expect(codesOf(page)).to.deep.equal(['c0', 'c1']);
  });

  it('says what is wrong with what it is asked', async () => {
    await expectFaults(server(), [
      ['ValueSet/$expand', undefined, 400, "'url', 'valueSet', 'context'"],
      [`ValueSet/$expand?url=${GENDER}|9`, undefined, 404, 'there is version 4.0.1'],
      [`ValueSet/$expand?url=${GENDER}|4.0.1&valueSetVersion=5`, undefined, 400, "'valueSetVersion'"],
      ['ValueSet/$expand?url=http://example.org/none', undefined, 404, 'http://example.org/none'],
      ['ValueSet/$expand?url=', undefined, 400, "'url'"],
      ['ValueSet/none/$expand', undefined, 404, "'none'"],
      [`ValueSet/$expand?url=${GENDER}&url=${GENDER}`, undefined, 400, 'given 2 times'],
      [`ValueSet/$expand?url=${GENDER}&count=-1`, undefined, 400, "'-1'"],
      [`ValueSet/$expand?url=${GENDER}&count=99999999999`, undefined, 400, "'count'"],
      [`ValueSet/$expand?url=${GENDER}&activeOnly=yes`, undefined, 400, "'activeOnly'"],
      [`ValueSet/$expand?url=${GENDER}&date=2020`, undefined, 400, "'date' is not supported"],
      [`ValueSet/$expand?url=${GENDER}&colour=red`, undefined, 400, "no parameter 'colour'"],
      [`ValueSet/$expand?url=${GENDER}&constructor=red`, undefined, 400, "no parameter 'constructor'"],
      [`ValueSet/$expand?valueSet=${GENDER}`, undefined, 400, 'cannot be given in the URL'],
      ['ValueSet/$expand?context=http://example.org/none%23a', undefined, 404, 'http://example.org/none'],
      ['ValueSet/$expand?context=http://hl7.org/fhir/StructureDefinition/Patient', undefined, 400, 'names no element'],
      ['ValueSet/$expand?context=http://hl7.org/fhir/StructureDefinition/Patient%23Patient.name', undefined, 400, 'bound to no value set'],
      [
        'ValueSet/$expand',
        parameters({ name: 'url', valueUri: GENDER }, { name: 'valueSet', resource: aValueSet({ system: GENDERS }) }),
        400,
        'exclude each other',
      ],
      ['ValueSet/$expand', parameters({ name: 'valueSet', resource: animals }), 400, 'wanted is a ValueSet'],
      ['ValueSet/$expand', parameters({ name: 'url', valueCoding: { code: 'a' } }), 400, "'url' is a Coding"],
      ['ValueSet/$expand', aValueSet({ system: 5 }), 422, 'not a number'],
      ['ValueSet/$expand', { resourceType: 'Patient' }, 400, 'Parameters'],
      ['ValueSet/$expand', [], 400, 'array'],
    ]);
  });

  it('asks for the scope to read, and is offered where the API lists it', async () => {
    const scoped = async (path: string, scope: string): Promise<number> => (await server().request(`/r4/${path}`, { scope })).status;
    expect(await scoped(`ValueSet/$expand?url=${GENDER}`, 'system/ValueSet.r')).to.equal(200);
    expect(await scoped(`ValueSet/$expand?url=${GENDER}`, 'http://hl7.org/fhir/OperationDefinition/ValueSet-expand')).to.equal(200);
    expect(await scoped(`ValueSet/$expand?url=${GENDER}`, 'system/CodeSystem.r')).to.equal(403);
    expect(await scoped(`CodeSystem/$lookup?system=${GENDERS}&code=male`, 'system/CodeSystem.r')).to.equal(200);
    expect(await scoped(`CodeSystem/$lookup?system=${GENDERS}&code=male`, 'system/ValueSet.r')).to.equal(403);
    expect((await server().get('/r4/Patient/$expand')).status).to.equal(501);
    expect((await server().get('/r4/$expand')).status).to.equal(501);
    expect((await server().get(`/sdhr/ValueSet/$expand?url=${GENDER}`)).status).to.equal(501);
  });

  it('stands in a batch', async () => {
    const entry = (url: string): JsonObject => anEntry({ method: 'GET', url });
    const { json } = await server().post(
      '/r4',
      aBundle('batch', entry(`ValueSet/$expand?url=${GENDER}`), entry(`CodeSystem/$lookup?system=${GENDERS}&code=x`)),
    );
    const [expanded, missing] = json['entry'] as JsonObject[];
    expect(JSON.stringify(expanded)).to.include('"female"');
    expect(JSON.stringify(missing)).to.include('404').and.to.include("has no code 'x'");
  });
});
