<?php
// PHP's own SoapClient, generated from our two WSDLs, as vendors' clients use it: contexts by hand,
// over mutual TLS. Arguments: WSDL of searches, endpoint, CA, identity (PEM), Emetteur. One line of
// JSON.

const BAM = "urn:siram:bam:ctxbam";
const LPS = "urn:siram:lps:ctxlps";
const WSA = "http://www.w3.org/2005/08/addressing";
const ACTIONS = "urn:ServiceIdentiteCertifiee:1.0.0:";

[, $wsdl, $endpoint, $ca, $identity, $emetteur] = $argv;

$tls = stream_context_create(["ssl" => ["cafile" => $ca, "local_cert" => $identity]]);
$options = [
    "soap_version" => SOAP_1_2, "location" => $endpoint, "stream_context" => $tls,
    "cache_wsdl" => WSDL_CACHE_NONE, "features" => SOAP_SINGLE_ELEMENT_ARRAYS,
];
$searches = new SoapClient($wsdl, $options);
$verifications = new SoapClient("$wsdl=idir", $options);

function uuid(): string
{
    return vsprintf("%s%s-%s-4%.3s-8%.3s-%s%s%s", str_split(bin2hex(random_bytes(16)), 4));
}

function headers(string $operation, string $emetteur, string $idam): array
{
    $common = fn() => [
        "Id" => uuid(), "Temps" => gmdate("Y-m-d\TH:i:s.000\Z"), "Emetteur" => $emetteur,
    ];
    $software = [
        "IDAM" => ["_" => $idam, "R" => "4"], "Version" => "1.0", "Instance" => uuid(),
        "Nom" => "urn:lps:ESSAI-PHP:1.0",
    ];
    return [
        new SoapHeader(LPS, "ContexteLPS", [
            ...$common(), "LPS" => $software, "Version" => "01_00", "Nature" => "CTXLPS",
        ]),
        new SoapHeader(BAM, "ContexteBAM", [
            ...$common(), "COUVERTURE" => new stdClass(), "Version" => "01_02",
        ]),
        new SoapHeader(WSA, "Action", ACTIONS . $operation),
        new SoapHeader(WSA, "MessageID", "uuid:" . uuid()),
    ];
}

function call(SoapClient $client, string $operation, array $asked, string $idam = "LSN17NF23FW0")
{
    global $emetteur;
    $headers = headers($operation, $emetteur, $idam);
    try {
        return $client->__soapCall($operation, [$asked], null, $headers);
    } catch (SoapFault $fault) {
        return [$fault->detail->Erreur ?? "", $fault->getMessage()];
    }
}

$zoe = ["NomNaissance" => "ADRUN", "Prenom" => ["ZOE"], "Sexe" => "F",
        "DateNaissance" => "1975-12-31"];
$ins = ["IdIndividu" => ["NumIdentifiant" => "2751263220749", "Cle" => "74"],
        "OID" => "1.2.250.1.213.1.4.8"];
$right = ["INSFourni" => $ins, "TraitsIdentiteIndividu" => $zoe];
$wrong = ["INSFourni" => $ins, "TraitsIdentiteIndividu" => ["Prenom" => ["LEA"]] + $zoe];
$search = "rechercherInsAvecTraitsIdentite";

$found = call($searches, $search, $zoe);
$nobody = call($searches, $search, ["Prenom" => ["LEA"]] + $zoe);
$fault = call($searches, $search, $zoe, "FAKE-IDAM");
$verified = call($verifications, "verifierInsAvecTraitsIdentite", ["IndividuVerifie" => $right]);
$left = call($verifications, "deposerLotInsAVerifier", ["IndividuVerifie" => [$right, $wrong]]);
$waits = call($verifications, "recupererResultatLotIns", ["IdLot" => $left->IdLot ?? ""]);
sleep(($waits->Delai ?? 0) + 1);
$lot = call($verifications, "recupererResultatLotIns", ["IdLot" => $left->IdLot ?? ""]);
$codes = fn($lot) => array_map(fn($each) => $each->CR->CodeCR, $lot->Rapport ?? []);
echo json_encode([
    "zoe" => $found->INDIVIDU->INSACTIF->IdIndividu ?? $found, "label" => $found->CR->LibelleCR ?? "",
    "nobody" => $nobody->CR ?? $nobody, "fault" => $fault, "verified" => $verified->CR ?? $verified,
    "left" => $left->CR ?? $left, "waits" => $waits->CR ?? $waits, "lot" => $codes($lot) ?: $lot,
], JSON_UNESCAPED_UNICODE | JSON_THROW_ON_ERROR), "\n";
