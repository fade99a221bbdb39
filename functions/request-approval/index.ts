import { alertPublisher, incidentServices } from '../incident/services';
import { approvalHandler } from './handler';

export const handler = approvalHandler({ ...incidentServices(), publish: alertPublisher() });
