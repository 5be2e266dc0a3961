/**
 * Observations that R4 wants to be vital signs, claimed or not: https://hl7.org/fhir/R4/observation-vitalsigns.html
 * By the code that a profile asks for, and by the more particular ones that a vital sign is often coded with. Oxygen saturation is
 * left out, as by the reference validator: the units that R4 allows lack those of the flow that goes with it.
 */
import { isJsonObject, type JsonObject } from '../../fhir/json.js';

const LOINC = 'http://loinc.org';
const SNOMED_CT = 'http://snomed.info/sct';

/** Profile -> codes of a system, the one that the profile asks for first. */
const VITAL_SIGNS: readonly (readonly [profile: string, system: string, codes: readonly string[]])[] = [
  ['vitalspanel', LOINC, ['85353-1']],
  ['resprate', LOINC, ['9279-1']],
  ['heartrate', LOINC, ['8867-4', '8889-8', '8890-6', '8891-4', '8892-2', '8893-0', '40443-4', '55425-3', '68999-2', '76282-3']],
  ['bodytemp', LOINC, ['8310-5', '8328-7', '8329-5', '8331-1', '8332-9', '8333-7', '8334-5', '60830-7', '60955-2', '75539-7']],
  ['bodyheight', LOINC, ['8302-2', '3137-7', '3138-5', '8306-3', '8307-1', '8308-9']],
  ['headcircum', LOINC, ['9843-4', '8287-5']],
  ['bodyweight', LOINC, ['29463-7', '3141-9', '3142-7', '8335-2', '8339-4', '8344-4', '8345-1', '8346-9', '8351-9']],
  ['bmi', LOINC, ['39156-5', '59574-4', '59575-1', '59576-9', '89270-3']],
  ['bp', LOINC, ['85354-9', '8480-6', '8462-4', '8478-0', '35094-2', '55284-4', '55417-0', '55418-8', '76534-7', '76535-4', '96607-7']],
  ['heartrate', SNOMED_CT, ['364075005', '78564009']],
  ['resprate', SNOMED_CT, ['86290005']],
  ['bodytemp', SNOMED_CT, ['386725007', '276885007', '415945006', '415974002', '415929009', '415882003', '307047009', '415922000']],
  ['bodyheight', SNOMED_CT, ['50373000']],
  ['headcircum', SNOMED_CT, ['363812007']],
  ['bodyweight', SNOMED_CT, ['27113001']],
  ['bmi', SNOMED_CT, ['60621009']],
  ['bp', SNOMED_CT, ['75367002', '271649006', '271650006', '6797001']],
];

const PROFILE_BY_CODE: ReadonlyMap<string, string> = new Map(
  VITAL_SIGNS.flatMap(([profile, system, codes]) =>
    codes.map((code) => [`${system}#${code}`, `http://hl7.org/fhir/StructureDefinition/${profile}`] as const),
  ),
);

/** Canonicals of the profiles that the codes of an Observation ask for. */
export function vitalSignProfiles(observation: JsonObject): readonly string[] {
  const { code } = observation;
  const coding = isJsonObject(code) ? code['coding'] : undefined;
  if (!Array.isArray(coding)) return [];
  const profiles = coding.flatMap((one) =>
    isJsonObject(one) ? (PROFILE_BY_CODE.get(`${String(one['system'])}#${String(one['code'])}`) ?? []) : [],
  );
  return [...new Set(profiles)];
}
