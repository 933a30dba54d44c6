"""The FHIR face of the DMP: PDSm 3.1.1 (IHE MHD) on `/dmp/fhir`, on the same documents as XDS."""

BASE = "/dmp/fhir"
