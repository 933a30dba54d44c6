// gSOAP, generated from our WSDL (wsdl2h, soapcpp2), over mutual TLS: one line for each answer.
// Arguments: endpoint, CA (PEM), identity (key and certificates, PEM), Emetteur, then IDAM values.
#include "ICIRServiceBinding.nsmap"
#include "soapICIRServiceBindingProxy.h"

#include <ctime>
#include <fstream>
#include <iostream>

static std::string uuid() {
  std::ifstream source("/proc/sys/kernel/random/uuid");
  std::string made;
  source >> made;
  return made;
}

static ns2__Demande zoe(const std::string &given) {
  static std::string name = "ADRUN", sex = "F", date = "1975-12-31";
  ns2__Demande made;
  made.NomNaissance = &name;
  made.Prenom = {given};
  made.Sexe = &sex;
  made.DateNaissance = &date;
  return made;
}

static void search(struct soap *soap, const char *endpoint, std::string emetteur,
                   const std::string &number, const std::string &given) {
  std::string version = "1.0", rank4 = "4", software = "urn:lps:ESSAI-GSOAP:1.0", instance = uuid();
  std::string message = "uuid:" + uuid();
  ns5__Idam idam;
  idam.__item = number;
  idam.R = &rank4;
  ns5__Logiciel lps;
  lps.IDAM = &idam;
  lps.Version = &version;
  lps.Instance = &instance;
  lps.Nom = &software;
  ns5__Contexte caller;
  caller.Id = uuid();
  caller.Temps = time(nullptr);
  caller.Emetteur = &emetteur;
  caller.LPS = &lps;
  caller.Version = "01_00";
  ns6__Couverture nobody;
  ns6__Contexte cover;
  cover.Id = uuid();
  cover.Temps = time(nullptr);
  cover.Emetteur = &emetteur;
  cover.COUVERTURE = &nobody;
  cover.Version = "01_02";

  soap_header(soap);
  soap->header->ns5__ContexteLPS = &caller;
  soap->header->ns6__ContexteBAM = &cover;
  soap->header->wsa5__MessageID = &message[0];
  soap->header->wsa5__Action = const_cast<char *>(
      "urn:ServiceIdentiteCertifiee:1.0.0:rechercherInsAvecTraitsIdentite");

  ICIRServiceBindingProxy insi(soap);
  ns2__Demande asked = zoe(given);
  ns4__Resultat found;
  if (insi.rechercherInsAvecTraitsIdentite(endpoint, nullptr, &asked, found) == SOAP_OK) {
    std::cout << found.CR->CodeCR;
    if (found.INDIVIDU)
      std::cout << ' ' << found.INDIVIDU->INSACTIF->IdIndividu->NumIdentifiant << ' '
                << *found.INDIVIDU->TIQ->ListePrenom;
    std::cout << '\n';
  } else if (soap->fault && soap->fault->SOAP_ENV__Detail &&
             soap->fault->SOAP_ENV__Detail->ns7__Erreur) {
    _ns7__Erreur *error = soap->fault->SOAP_ENV__Detail->ns7__Erreur;
    std::cout << error->code << ' ' << error->__item << '\n';
  } else {
    soap_stream_fault(soap, std::cerr);
  }
  soap_destroy(soap);
  soap_end(soap);
}

int main(int count, char **words) {
  struct soap *soap = soap_new1(SOAP_C_UTFSTRING | SOAP_IO_KEEPALIVE);
  soap_ssl_init();
  if (soap_ssl_client_context(soap, SOAP_SSL_DEFAULT, words[3], nullptr, words[2], nullptr,
                              nullptr)) {
    soap_stream_fault(soap, std::cerr);
    return 1;
  }
  search(soap, words[1], words[4], words[5], "ZOE");
  search(soap, words[1], words[4], words[5], "LEA");
  for (int rank = 6; rank < count; rank++)
    search(soap, words[1], words[4], words[rank], "ZOE");
  soap_free(soap);
  return 0;
}
