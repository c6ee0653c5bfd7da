import { ApiMapping, DomainName, type HttpApi, type HttpStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { Construct } from 'constructs';
import { pinLogicalId } from './stateful.ts';

type LinkDomainProps = { name: string; certificateArn: string; api: HttpApi; stage: HttpStage };

/** A name of one's own for the API, so that links in mails outlive it: another stack can take the name over. */
export class LinkDomain extends Construct {
  /** What has to be added to the DNS of the domain. */
  readonly dnsRecord: string;

  constructor(scope: Construct, id: string, { name, certificateArn, api, stage }: LinkDomainProps) {
    super(scope, id);
    const domainName = new DomainName(this, 'Name', {
      domainName: name,
      certificate: Certificate.fromCertificateArn(this, 'Certificate', certificateArn),
    });
    pinLogicalId(domainName, 'LinkDomainName');
    new ApiMapping(this, 'Mapping', { api, domainName, stage });
    this.dnsRecord = `${name} CNAME ${domainName.regionalDomainName}`;
  }
}
