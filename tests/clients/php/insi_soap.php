<?php
// PHP's own SoapClient, generated from our WSDL, as vendors' clients use it: contexts by hand, over
// mutual TLS. Arguments: WSDL, endpoint, CA, identity (PEM), Emetteur. One line of JSON.

const BAM = "urn:siram:bam:ctxbam";
const LPS = "urn:siram:lps:ctxlps";
const WSA = "http://www.w3.org/2005/08/addressing";
const ACTION = "urn:ServiceIdentiteCertifiee:1.0.0:rechercherInsAvecTraitsIdentite";

[, $wsdl, $endpoint, $ca, $identity, $emetteur] = $argv;

$tls = stream_context_create(["ssl" => ["cafile" => $ca, "local_cert" => $identity]]);
$client = new SoapClient($wsdl, [
    "soap_version" => SOAP_1_2, "location" => $endpoint, "stream_context" => $tls,
    "cache_wsdl" => WSDL_CACHE_NONE,
]);

function uuid(): string
{
    return vsprintf("%s%s-%s-4%.3s-8%.3s-%s%s%s", str_split(bin2hex(random_bytes(16)), 4));
}

function headers(string $emetteur, string $idam): array
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
        new SoapHeader(WSA, "Action", ACTION),
        new SoapHeader(WSA, "MessageID", "uuid:" . uuid()),
    ];
}

function search(SoapClient $client, array $traits, array $headers): mixed
{
    try {
        return $client->__soapCall("rechercherInsAvecTraitsIdentite", [$traits], null, $headers);
    } catch (SoapFault $fault) {
        return [$fault->detail->Erreur, $fault->getMessage()];
    }
}

$zoe = ["NomNaissance" => "ADRUN", "Prenom" => ["ZOE"], "Sexe" => "F",
        "DateNaissance" => "1975-12-31"];
$found = search($client, $zoe, headers($emetteur, "LSN17NF23FW0"));
$nobody = search($client, ["Prenom" => ["LEA"]] + $zoe, headers($emetteur, "LSN17NF23FW0"));
$fault = search($client, $zoe, headers($emetteur, "FAKE-IDAM"));
echo json_encode([
    "zoe" => $found->INDIVIDU->INSACTIF->IdIndividu ?? $found, "label" => $found->CR->LibelleCR ?? "",
    "nobody" => $nobody->CR ?? $nobody, "fault" => $fault,
], JSON_UNESCAPED_UNICODE | JSON_THROW_ON_ERROR), "\n";
